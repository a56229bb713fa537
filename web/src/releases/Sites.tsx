/** The sites that somebody may publish to, one of them, or one of its releases: as the address says. */

import { useEffect } from 'preact/hooks'
import '../style/releases.css'
import { words } from '../i18n/language.ts'
import { Nothing } from '../gallery/Gallery.tsx'
import { rules } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { addressFor, route } from '../ui/route.ts'
import { ActivationDialog } from './ActivationDialog.tsx'
import { shortId } from './manifest.ts'
import { ReleaseView } from './ReleaseView.tsx'
import * as store from './site.ts'
import { SiteList } from './SiteList.tsx'
import { SiteView } from './SiteView.tsx'

export function Sites() {
  const [name = '', id = ''] = route.value.folder.split('/')
  if (name === '') return <SiteList />
  if (!rules().allowsSite(name)) return <Nothing title={words.value.releases.notYours} />
  return <OneSite key={name} name={name} id={id} />
}

function OneSite({ name, id }: { name: string; id: string }) {
  const { page } = words.value
  const refresh = (): void => { void store.open(name) }
  useEffect(() => { refresh(); return store.leave }, [])
  const site = store.site.value
  return (
    <section class="releases" aria-labelledby="releases-title" aria-busy={store.isLoading.value}>
      <SitePath name={name} id={id} onRefresh={refresh} />
      {store.problem.value && <ProblemNotice problem={store.problem.value} onRetry={refresh} />}
      {site === null && store.isLoading.value && <p class="quiet" role="status">{page.loading}</p>}
      {site !== null && (id === '' ? <SiteView site={site} /> : <ReleaseView key={id} site={site} id={id} />)}
      <ActivationDialog />
    </section>
  )
}

function SitePath({ name, id, onRefresh }: { name: string; id: string; onRefresh: () => void }) {
  const { releases: text } = words.value
  const to = (folder: string): string => addressFor({ section: 'sites', folder })
  return (
    <div class="releases-head">
      <nav class="path" aria-label={text.path}>
        <ol>
          <li><a href={to('')}>{text.title}</a></li>
          <li><a href={to(name)} aria-current={id === '' ? 'page' : undefined}>{name}</a></li>
          {id !== '' && <li><a href={to(`${name}/${id}`)} aria-current="page">{shortId(id)}</a></li>}
        </ol>
      </nav>
      <button type="button" class="icon" aria-label={text.refresh} title={text.refresh} onClick={onRefresh}><Icon name="refresh" /></button>
    </div>
  )
}
