import Dashboard from '@uppy/dashboard'
import { useEffect, useId, useRef } from 'preact/hooks'
import { language, locale, uppyLocale, words } from '../i18n/language.ts'
import { formatSize } from '../i18n/format.ts'
import { rules } from '../session/session.ts'
import { DraftInput } from '../ui/DraftInput.tsx'
import { go } from '../ui/route.ts'
import * as store from '../gallery/store.ts'
import type { Rule } from '../api/wire.ts'
import { UploadList } from './UploadList.tsx'
import { AnewNotice, SealingNotice } from './SealingNotice.tsx'
import { UploadOptions } from './UploadOptions.tsx'
import { ManyFiles } from './ManyFiles.tsx'
import { target } from './target.ts'
import { clearList, many, recovered, retarget, uploads } from './uploads.ts'
import '@uppy/core/css/style.min.css'
import '@uppy/dashboard/css/style.min.css'

/** Uppy's Dashboard, and before it where files go. It stays mounted while uploads run; elsewhere it is only hidden. */
export function UploadPanel({ isShown }: { isShown: boolean }) {
  const { upload } = words.value
  const holder = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const uppy = uploads()
    uppy.setOptions({ locale: uppyLocale.peek() })
    uppy.use(Dashboard, {
      target: element,
      inline: true,
      width: '100%',
      height: 420,
      theme: 'auto',
      // The page says what it has to say in one place.
      disableInformer: true,
      proudlyDisplayPoweredByUppy: false,
      fileManagerSelectionType: 'both',
      showRemoveButtonAfterComplete: true,
      hideProgressDetails: false,
      singleFileFullScreen: false,
      metaFields: () => [
        { id: 'name', name: words.peek().upload.fileName },
        { id: 'tags', name: words.peek().upload.tags, placeholder: words.peek().upload.tagsHint },
      ],
      doneButtonHandler: finish,
    })
    void addCamera(element)
    return () => {
      const dashboard = uppy.getPlugin('Dashboard')
      if (dashboard) uppy.removePlugin(dashboard)
    }
    // Its texts are built in when it is made: another language makes it anew.
  }, [language.value])
  return (
    <section class={`upload ${many.value > 0 ? 'many' : ''}`} aria-labelledby="upload-title" hidden={!isShown}>
      <h1 id="upload-title">{upload.title}</h1>
      {recovered.value > 0 && <p class="notice">{upload.recovered(recovered.value)} {upload.recoveredHint}</p>}
      <AnewNotice />
      <Destination />
      <UploadList />
      {many.value > 0 && <ManyFiles />}
      <div ref={holder} class="dashboard" />
    </section>
  )
}

/** The list is done with: to where its files went. */
function finish(): void {
  const { folder } = target.peek()
  clearList()
  if (rules().allowsBelow('LIST', folder)) go({ section: 'files', folder })
}

/** Loaded for machines that have one, and when the panel is there. */
async function addCamera(element: HTMLElement): Promise<void> {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? []
  if (!devices.some(({ kind }) => kind === 'videoinput')) return
  const { addWebcam } = await import('./camera.ts')
  if (element.isConnected) addWebcam(uploads())
}

function Destination() {
  const { upload } = words.value
  const { folder } = target.value
  const id = useId()
  const rule = rules().of(folder)
  const isAllowed = rule?.methods.includes('PUT') ?? false
  const roots = rules().roots('PUT')
  if (roots.length === 0) return <p class="notice error" role="alert">{upload.nowhere}</p>
  const known = [...new Set([...roots, ...store.folders.value, store.folder.value])].filter((name) => name !== '' && rules().allows('PUT', name))
  return (
    <div class="destination">
      <div class="field">
        <label for={`${id}-folder`}>{upload.to}</label>
        <DraftInput
          id={`${id}-folder`}
          list={`${id}-folders`}
          value={folder}
          placeholder={upload.top}
          autocomplete="off"
          spellcheck={false}
          aria-describedby={`${id}-hint`}
          aria-invalid={!isAllowed}
          onCommit={(text) => retarget({ folder: asFolder(text) })}
        />
        <datalist id={`${id}-folders`}>{known.map((name) => <option key={name} value={name} />)}</datalist>
        <p id={`${id}-hint`} class="hint">{upload.toHint}</p>
      </div>
      {isAllowed && rule ? <><UploadOptions rule={rule} /><SealingNotice rule={rule} /><Limits rule={rule} /></> : (
        <p class="notice error" role="alert">
          {upload.notHere}{' '}
          {roots.map((root) => <button key={root} type="button" class="link" onClick={() => retarget({ folder: root })}>{root || upload.top}</button>)}
        </p>
      )}
    </div>
  )
}

function Limits({ rule }: { rule: Rule }) {
  const { upload } = words.value
  const types = rule.content_types.includes('*/*') ? upload.anyType : rule.content_types.join(', ')
  return <p class="hint limits">{upload.limits(formatSize(rule.max_size, locale.value), types)}</p>
}

/** What was typed as a folder: no slash before it, one behind it. */
export function asFolder(text: string): string {
  const segments = text.trim().normalize('NFC').split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
  return segments.map((segment) => `${segment}/`).join('')
}
