import { useEffect } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { Icon } from '../ui/Icon.tsx'
import { addressFor, route } from '../ui/route.ts'
import { rules } from '../session/session.ts'
import { Browser } from './Browser.tsx'
import { SelectionBar } from './SelectionBar.tsx'
import * as store from './store.ts'
import { Toolbar } from './Toolbar.tsx'

export function Gallery() {
  const { folder } = route.value
  useEffect(() => {
    if (rules().allowsBelow('LIST', folder)) store.open(folder)
  }, [folder])
  const { gallery } = words.value
  if (!rules().allowsBelow('LIST', folder)) return <Nothing title={gallery.notListed} />
  return (
    <section class="gallery" aria-labelledby="gallery-title">
      <h1 id="gallery-title" class="hidden-visually">{gallery.title}</h1>
      <FolderPath folder={folder} />
      <Toolbar />
      <SelectionBar />
      {store.problem.value && <ProblemNotice problem={store.problem.value} onRetry={store.refresh} />}
      <Contents />
    </section>
  )
}

function Contents() {
  const { gallery, page } = words.value
  const isEmpty = store.shown.value.length + store.shownFolders.value.length === 0
  if (!isEmpty) return <Browser />
  if (store.isLoading.value) return <p class="quiet centred" role="status">{page.loading}</p>
  if (store.problem.value) return null
  const isSearched = store.entries.value.length + store.folders.value.length > 0
  if (isSearched) return <Nothing title={gallery.nothingFound} hint={gallery.nothingFoundHint} />
  return <Nothing title={gallery.empty} hint={rules().allowsBelow('PUT', store.folder.value) ? gallery.emptyHint : gallery.emptyRead} />
}

export function Nothing({ title, hint }: { title: string; hint?: string }) {
  return (
    <div class="nothing">
      <Icon name="folder" />
      <p class="nothing-title">{title}</p>
      {hint && <p>{hint}</p>}
    </div>
  )
}

function FolderPath({ folder }: { folder: string }) {
  const { gallery } = words.value
  const segments = folder.split('/').slice(0, -1)
  const to = (depth: number): string => addressFor({ section: 'files', folder: segments.slice(0, depth).map((segment) => `${segment}/`).join('') })
  return (
    <nav class="path" aria-label={gallery.path}>
      <ol>
        <li><a href={to(0)} aria-current={segments.length === 0 ? 'page' : undefined}>{gallery.top}</a></li>
        {segments.map((segment, at) => (
          <li key={at}><a href={to(at + 1)} aria-current={at === segments.length - 1 ? 'page' : undefined} dir="auto">{segment}</a></li>
        ))}
      </ol>
    </nav>
  )
}
