import { useEffect } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { DetailsDialog } from '../gallery/Details.tsx'
import { Gallery } from '../gallery/Gallery.tsx'
import * as store from '../gallery/store.ts'
import { Deleted } from '../history/Deleted.tsx'
import { RemovalDialog } from '../history/RemovalDialog.tsx'
import { KeyDialog } from '../keys/KeyDialog.tsx'
import { letAllGo } from '../keys/keyring.ts'
import { SitesSection } from '../releases/SitesSection.tsx'
import { Account } from '../session/Account.tsx'
import { InterruptedDialog, SignInPage } from '../session/SignIn.tsx'
import { onSignOut, phase, rules } from '../session/session.ts'
import { ShareDialog } from '../share/ShareDialog.tsx'
import { ConflictDialog } from '../upload/ConflictDialog.tsx'
import { acceptDrops, isDragging } from '../upload/drop.ts'
import { UploadPanel } from '../upload/UploadPanel.tsx'
import { UploadStatus } from '../upload/UploadStatus.tsx'
import { target } from '../upload/target.ts'
import { onStored, retarget } from '../upload/uploads.ts'
import { announcement } from './announce.ts'
import { Icon } from './Icon.tsx'
import { Logo } from './Logo.tsx'
import { addressFor, go, route, type Section } from './route.ts'
import { Toasts } from './Toasts.tsx'

export function App() {
  const { page } = words.value
  useEffect(() => { document.title = page.title }, [page])
  return (
    <>
      {phase.value === 'starting' && <main id="content" class="starting"><p role="status">{page.loading}</p></main>}
      {phase.value === 'signed-out' && <SignInPage />}
      {phase.value === 'signed-in' && <SignedIn />}
      <Toasts />
      <div class="hidden-visually" role="status" aria-live="polite">{announcement.value}</div>
    </>
  )
}

function SignedIn() {
  const { page, upload } = words.value
  const { section, folder } = route.value
  const mayUpload = rules().roots('PUT').length > 0
  useEffect(acceptDrops, [])
  useEffect(() => onSignOut(async () => letAllGo()), [])
  // Elsewhere nothing is shown that would change: the gallery lists anew when it is opened.
  useEffect(() => onStored((stored) => { if (route.peek().section === 'files') store.admitSoon(stored.key) }), [])
  useEffect(() => { if (folder === '' && section === 'files') begin() }, [])
  const openUpload = (): void => {
    if (section === 'files' && rules().allows('PUT', folder)) retarget({ folder })
    else if (!rules().allows('PUT', target.peek().folder)) retarget({ folder: rules().roots('PUT')[0] ?? '' })
    go({ section: 'upload' })
  }
  return (
    <div class="page">
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus() }}>{page.skip}</a>
      <header class="bar">
        <Logo />
        <nav aria-label={page.sections}>
          <Tab section="files" label={page.files} />
          {rules().roots('LIST').length > 0 && <Tab section="deleted" label={page.deleted} />}
          {rules().mayRelease && <Tab section="sites" label={page.sites} />}
        </nav>
        <UploadStatus />
        {mayUpload && <button type="button" class="primary" aria-current={section === 'upload' ? 'page' : undefined} onClick={openUpload}><Icon name="upload" /><span>{page.upload}</span></button>}
        <Account />
      </header>
      <main id="content" tabIndex={-1}>
        {section === 'files' && <Gallery />}
        {section === 'deleted' && <Deleted />}
        {section === 'sites' && <SitesSection />}
        {mayUpload && <UploadPanel isShown={section === 'upload'} />}
      </main>
      {isDragging.value && mayUpload && <div class="drop-hint" aria-hidden="true"><p><Icon name="upload" />{upload.dropHere}</p></div>}
      <DetailsDialog />
      <ShareDialog />
      <RemovalDialog />
      <ConflictDialog />
      <KeyDialog />
      <InterruptedDialog />
    </div>
  )
}

/** Whose rules begin deeper does not begin in an empty folder above. */
function begin(): void {
  const roots = rules().roots('LIST')
  if (roots.length === 1 && roots[0] !== '') go({ section: 'files', folder: roots[0] ?? '' })
  else if (roots.length === 0) go({ section: rules().roots('PUT').length === 0 && rules().mayRelease ? 'sites' : 'upload' })
}

function Tab({ section, label }: { section: Section; label: string }) {
  return <a href={addressFor({ section, folder: section === 'files' ? store.folder.value : '' })} aria-current={route.value.section === section ? 'page' : undefined}>{label}</a>
}
