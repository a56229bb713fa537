import { useEffect, useState } from 'preact/hooks'
import { asProblem, isAbort, Problem, unreachable } from '../api/problem.ts'
import type { Description } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { api } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { kindOf, type Kind } from './kind.ts'

export interface PreviewProps {
  objectKey: string
  name: string
  size: number
  url: string | null
  described: Description | null
}

/** Bytes of a text that are shown, from its beginning. */
export const TEXT_SHOWN = 256 * 1024
/** What only the origin opens is held in memory while it is shown. */
const MOST_IN_MEMORY = 256 << 20

export function Preview(props: PreviewProps) {
  const kind = kindOf(props.name, props.described?.content_type)
  const { details } = words.value
  if (kind === 'other') return <NoPreview text={details.noPreview} kind={kind} />
  if (kind === 'text') return <TextPreview {...props} />
  // An address of its own is read in ranges, so that a film starts at once and can be sought in.
  if (props.url !== null && !props.described?.envelope) return <Shown kind={kind} address={props.url} name={props.name} />
  return <Opened kind={kind} {...props} />
}

export function NoPreview({ text, kind }: { text: string; kind: Kind }) {
  return <div class="no-preview"><Icon name={kind} /><p>{text}</p></div>
}

export function Shown({ kind, address, name }: { kind: Exclude<Kind, 'text' | 'other'>; address: string; name: string }) {
  const [hasFailed, setFailed] = useState(false)
  const fail = (): void => setFailed(true)
  if (hasFailed) return <NoPreview text={words.value.details.previewFailed} kind={kind} />
  switch (kind) {
    case 'image': return <img class="shown" src={address} alt={name} referrerpolicy="no-referrer" onError={fail} />
    case 'video': return <video class="shown" src={address} controls preload="metadata" playsInline onError={fail} />
    case 'audio': return <audio src={address} controls preload="metadata" onError={fail} />
    case 'pdf': return <iframe class="shown" src={address} title={name} referrerpolicy="no-referrer" />
  }
}

/** What rests in an envelope: the origin opens it, and the whole of it is here before it is shown. */
function Opened({ kind, objectKey, name, size, described }: PreviewProps & { kind: Exclude<Kind, 'text' | 'other'> }) {
  const [address, setAddress] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const isTooLarge = size > MOST_IN_MEMORY
  useEffect(() => {
    if (isTooLarge) return
    const running = new AbortController()
    let made: string | null = null
    const open = async (): Promise<void> => {
      const bytes = await (await api.read(objectKey, running.signal)).arrayBuffer()
      // The type is this page's decision: what is shown here has the page's own origin.
      made = URL.createObjectURL(new Blob([bytes], { type: kind === 'pdf' ? 'application/pdf' : harmless(kind, described?.content_type) }))
      setAddress(made)
    }
    open().catch((error: unknown) => { if (!isAbort(error)) setProblem(asProblem(error)) })
    return () => {
      running.abort()
      if (made !== null) URL.revokeObjectURL(made)
    }
  }, [objectKey])
  if (isTooLarge) return <NoPreview text={words.value.details.tooLarge} kind={kind} />
  if (problem) return <ProblemNotice problem={problem} />
  if (address === null) return <p class="quiet" role="status">{words.value.page.loading}</p>
  return <Shown kind={kind} address={address} name={name} />
}

const harmless = (kind: Kind, type: string | null | undefined): string => (type && type.startsWith(`${kind}/`) ? type : 'application/octet-stream')

function TextPreview({ objectKey, size, url, described }: PreviewProps) {
  const { page } = words.value
  const [text, setText] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  useEffect(() => {
    const running = new AbortController()
    beginning(objectKey, described?.envelope ? null : url, size, running.signal).then(setText, (error: unknown) => { if (!isAbort(error)) setProblem(asProblem(error)) })
    return () => running.abort()
  }, [objectKey])
  if (problem) return <ProblemNotice problem={problem} />
  if (text === null) return <p class="quiet" role="status">{page.loading}</p>
  return <TextShown text={text} isCut={size > TEXT_SHOWN} />
}

export function TextShown({ text, isCut }: { text: string; isCut: boolean }) {
  const { details } = words.value
  return (
    <div class="text-preview">
      {isCut && <p class="quiet small">{details.truncated}</p>}
      <pre tabIndex={0} aria-label={details.preview} dir="auto">{text}</pre>
    </div>
  )
}

async function beginning(key: string, url: string | null, size: number, signal: AbortSignal): Promise<string> {
  if (size === 0) return ''
  const response = url === null
    ? await api.read(key, signal)
    : await fetch(url, { headers: { range: `bytes=0-${TEXT_SHOWN - 1}` }, signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' }).catch((error: unknown) => { throw isAbort(error) ? error : unreachable() })
  if (!response.ok) throw new Problem(response.status, 'storage', 'the storage refused the bytes', null, response.headers.get('x-amz-request-id'))
  const reader = response.body?.pipeThrough(new TextDecoderStream('utf-8')).getReader()
  let text = ''
  while (reader && text.length < TEXT_SHOWN) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
  }
  await reader?.cancel().catch(() => {})
  return text.slice(0, TEXT_SHOWN)
}
