import { useEffect, useState } from 'preact/hooks'
import { baseName } from '../api/paths.ts'
import { asProblem, isAbort, type Problem } from '../api/problem.ts'
import type { Description, ListedObject } from '../api/wire.ts'
import { formatBytes, formatExactTime, formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { askToRemove } from '../history/removal.ts'
import { Versions } from '../history/Versions.tsx'
import { api, rules } from '../session/session.ts'
import { shared } from '../share/ShareDialog.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { closeDetails, detailed } from './details.ts'
import { publisherKeyId, spacedId } from '../sealed/envelope.ts'
import { noteDescribed } from '../sealed/known.ts'
import { SealedStage } from '../sealed/SealedStage.tsx'
import { Preview } from './Preview.tsx'
import { download } from './download.ts'
import * as store from './store.ts'

export function DetailsDialog() {
  const key = detailed.value
  return key === null ? null : <Open objectKey={key} />
}

interface Found {
  listed: ListedObject | null
  /** `null` where the rules do not let one see it. */
  described: Description | null
}

function Open({ objectKey: key }: { objectKey: string }) {
  const { details, gallery } = words.value
  const [found, setFound] = useState<Found | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const running = new AbortController()
    setFound(null)
    setProblem(null)
    const may = rules()
    Promise.all([store.listed(key, running.signal), may.allows('HEAD', key) ? api.describe(key, running.signal) : null])
      .then(([listed, described]) => {
        if (described) noteDescribed(described)
        setFound({ listed, described })
      }, (error: unknown) => { if (!isAbort(error)) setProblem(asProblem(error)) })
    return () => running.abort()
  }, [key, attempt])
  const known = store.entries.value.find((entry) => entry.key === key)
  const name = known?.name ?? baseName(key)
  const order = store.shown.value
  const at = order.findIndex((entry) => entry.key === key)
  const to = (offset: number): (() => void) | undefined => {
    const next = at < 0 ? undefined : order[at + offset]
    return next && (() => { detailed.value = next.key })
  }
  const [previous, next] = [to(-1), to(1)]
  const mayRead = rules().allows('READ', key)
  const keyId = publisherKeyId(found?.described?.envelope)
  return (
    <Dialog title={name} onClose={closeDetails} size="large" onKeyDown={(event) => arrow(event, previous, next)}>
      <div class="details">
        <div class="stage">
          {problem && <ProblemNotice problem={problem} onRetry={() => setAttempt(attempt + 1)} />}
          {!mayRead && <p class="quiet">{details.notReadable}</p>}
          {mayRead && found === null && !problem && <p class="quiet" role="status">{details.loading}</p>}
          {mayRead && found?.described && keyId !== null && <SealedStage key={`${key}${found.described.etag}`} described={found.described} name={name} keyId={keyId} />}
          {mayRead && found && keyId === null && <Preview key={`${key}${found.listed?.etag}`} objectKey={key} name={name} size={found.listed?.size ?? 0} url={found.listed?.url ?? null} described={found.described} />}
        </div>
        <div class="facts">
          <div class="actions">
            {mayRead && <button type="button" class="primary" onClick={() => { shared.value = { key, name } }}><Icon name="share" />{gallery.share}</button>}
            {mayRead && found && keyId === null && <button type="button" onClick={() => void download(key, name, found.listed?.url ?? null, found.described)}><Icon name="download" />{gallery.download}</button>}
            {rules().allows('DELETE', key) && <button type="button" class="danger" onClick={() => askToRemove([key])}><Icon name="trash" />{gallery.delete}</button>}
          </div>
          {found && <Facts objectKey={key} {...found} />}
          {rules().allows('HEAD', key) && <Versions objectKey={key} onRestored={() => void forget(found?.listed?.url).then(() => setAttempt(attempt + 1))} />}
        </div>
      </div>
      <div class="pager">
        <button type="button" disabled={!previous} onClick={previous}><Icon name="previous" />{details.previous}</button>
        <button type="button" disabled={!next} onClick={next}>{details.next}<Icon name="next" /></button>
      </div>
    </Dialog>
  )
}

/** The browser's own copy of what an address showed before. */
async function forget(url: string | null | undefined): Promise<void> {
  if (url) await fetch(url, { cache: 'reload', credentials: 'omit', headers: { range: 'bytes=0-0' } }).catch(() => {})
}

/** Arrows turn pages, unless they move in something that has its own use for them. */
function arrow(event: KeyboardEvent, previous: (() => void) | undefined, next: (() => void) | undefined): void {
  if ((event.target as HTMLElement).closest('video, audio, input, select, pre, iframe')) return
  const act = event.key === 'ArrowLeft' ? previous : event.key === 'ArrowRight' ? next : undefined
  if (!act) return
  event.preventDefault()
  act()
}

function Facts({ objectKey, listed, described }: Found & { objectKey: string }) {
  const { details } = words.value
  const metadata = described?.metadata ?? listed?.metadata ?? null
  const sealed = metadata && !('invalid' in metadata) ? metadata : null
  const size = described?.size ?? listed?.size ?? 0
  const rows: [string, string | null | undefined][] = [
    [details.originalName, sealed?.file_name],
    [details.key, objectKey],
    [details.size, size < 1000 ? formatBytes(size, locale.value) : `${formatSize(size, locale.value)} (${formatBytes(size, locale.value)})`],
    [details.type, described?.content_type],
    [details.uploaded, formatExactTime(sealed?.uploaded_at ?? described?.last_modified ?? listed?.last_modified ?? null, locale.value)],
    [details.uploader, sealed?.uploader],
    [details.tags, sealed?.tags.join(', ')],
    [details.encryption, described && encryptionOf(described)],
    [details.etag, (described?.etag ?? listed?.etag)?.replaceAll('"', '')],
    [details.cache, described?.cache_control],
  ]
  return (
    <section>
      <h3>{details.title}</h3>
      {metadata && 'invalid' in metadata && <p class="notice error">{details.invalid}</p>}
      <dl>
        {rows.map(([term, value]) => value && <div key={term}><dt>{term}</dt><dd dir="auto">{value}</dd></div>)}
      </dl>
      {described?.content_disposition?.startsWith('attachment') && <p class="quiet small">{details.attachment}</p>}
    </section>
  )
}

function encryptionOf({ sse, envelope }: Description): string {
  const { details } = words.value
  const stored = Object.hasOwn(details.sse, sse) ? details.sse[sse as keyof typeof details.sse] : details.sse.other
  const keyId = publisherKeyId(envelope)
  if (keyId !== null) return `${details.sealed(spacedId(keyId))}; ${stored}`
  return envelope ? `${details.envelope}; ${stored}` : stored
}
