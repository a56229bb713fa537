/** One file on its way: planned by the origin, sent straight to S3, completed and verified by the origin. */

import { addressOf, type Api } from '../api/client.ts'
import { keyPath } from '../api/paths.ts'
import { isAbort, Problem, unreachable } from '../api/problem.ts'
import type { EncryptionMode, Stored, UploadPlan } from '../api/wire.ts'
import { isDirect } from '../session/rules.ts'
import { retrying } from './retry.ts'
import { plainSource, type SealedFile, type Source } from './sealer.ts'
import { send, storageProblem } from './send.ts'
import type { Slots } from './slots.ts'

const MIB = 1 << 20
/** Up to here one request through the origin does what takes three otherwise. */
const THROUGH_ORIGIN = MIB
/** From here on a file is sent in parts, so that a lost connection or a closed tab costs a part and not the file. */
const IN_PARTS = 16 * MIB
/** Parts of one file at once. */
const PARTS_AT_ONCE = 4

export interface FileToSend {
  key: string
  data: Blob
  contentType: string
  fileName: string | undefined
  tags: string[]
  encryption: EncryptionMode | undefined
  caching: string | undefined
  overwrite: boolean
  /** The upload to go on with, if one was begun. */
  token: string | undefined
}

export interface TransferHooks {
  api: Api
  signal: AbortSignal
  /** Requests to S3 at once, of all files together. */
  slots: Slots
  /** Sent in place of the file. The same one for every attempt, so that what is sent again is the same ciphertext. */
  sealed: SealedFile | null
  onProgress: (sent: number) => void
  /** An upload in parts began under this token, or is over (`undefined`). */
  onToken: (token: string | undefined) => void
  onRetry: (problem: Problem, attempt: number, delay: number) => void
}

export function transfer(file: FileToSend, hooks: TransferHooks): Promise<Stored> {
  if (hooks.sealed) return direct(file, hooks.sealed, hooks, hooks.sealed.metadata)
  const mode = file.encryption
  const isThrough = (mode !== undefined && !isDirect(mode)) || file.data.size <= THROUGH_ORIGIN
  if (file.token === undefined && isThrough) return throughOrigin(file, hooks)
  return direct(file, plainSource(file.data), hooks)
}

async function throughOrigin(file: FileToSend, { api, signal, slots, onProgress, onRetry }: TransferHooks): Promise<Stored> {
  const query = new URLSearchParams()
  if (file.overwrite) query.set('overwrite', 'true')
  if (file.encryption) query.set('encryption', file.encryption)
  if (file.caching) query.set('cache_control', file.caching)
  const headers: Record<string, string> = { authorization: api.authorization(), 'content-type': file.contentType }
  if (file.fileName !== undefined) headers['keyfront-file-name'] = encodeURIComponent(file.fileName)
  if (file.tags.length > 0) headers['keyfront-tags'] = file.tags.map(encodeURIComponent).join(',')
  if (file.data.size <= THROUGH_ORIGIN) headers['content-digest'] = `sha-256=:${await sha256(file.data)}:`
  const url = addressOf(`objects/${keyPath(file.key)}${query.size > 0 ? `?${query}` : ''}`)
  let isUncertain = false
  return retrying(async () => {
    const sent = await slots.with(signal, () => send({ method: 'PUT', url, headers: { ...headers, authorization: api.authorization() }, body: file.data, signal, onProgress }))
      .catch((error: unknown) => { isUncertain ||= !isAbort(error); throw error })
    if (sent.status === 201) return JSON.parse(sent.text) as Stored
    const problem = api.noticed(problemOfText(sent.status, sent.text, sent.header))
    if (isUncertain && problem.code === 'already-exists') {
      const ours = await storedBefore(file, api, signal)
      if (ours) return ours
    }
    throw problem
  }, { signal, onRetry })
}

/** The answer to an earlier attempt may have been lost behind the write: then the object is there, and it is this file's. */
async function storedBefore(file: FileToSend, api: Api, signal: AbortSignal): Promise<Stored | null> {
  const found = await api.describe(file.key, signal).catch(() => null)
  const sealed = found?.metadata && !('invalid' in found.metadata) ? found.metadata : null
  const isRecent = Date.now() - Date.parse(sealed?.uploaded_at ?? '') < 10 * 60_000
  if (!found || !sealed || !isRecent || sealed.file_name !== (file.fileName ?? null) || found.size !== file.data.size) return null
  return { key: found.key, path: found.path, etag: found.etag ?? '', size: found.size, content_type: found.content_type ?? '', encryption: file.encryption ?? 'sse-kms' }
}

async function direct(file: FileToSend, source: Source, hooks: TransferHooks, envelope?: Record<string, string>): Promise<Stored> {
  const { api, signal, onRetry, onToken } = hooks
  const resumed = file.token === undefined ? null : await resume(file.token, source, hooks)
  if (resumed) return resumed
  const isInParts = source.length > IN_PARTS
  const checksum = isInParts || envelope ? undefined : { algorithm: 'sha256' as const, value: await sha256(file.data) }
  const plan = await retrying(() => api.beginUpload({
    key: file.key,
    size: source.length,
    content_type: file.contentType,
    method: isInParts ? 'multipart' : 'put',
    ...(file.encryption ? { encryption: file.encryption } : {}),
    ...(file.caching ? { cache_control: file.caching } : {}),
    ...(file.overwrite ? { overwrite: true } : {}),
    ...(file.fileName !== undefined ? { file_name: file.fileName } : {}),
    ...(file.tags.length > 0 ? { tags: file.tags } : {}),
    ...(checksum ? { checksum } : {}),
    ...(envelope ? { envelope } : {}),
  }, signal), { signal, onRetry })
  if (plan.method === 'PUT') return inOneRequest(plan, source, hooks)
  onToken(plan.upload)
  return inParts(plan, source, new Map(), hooks)
}

async function inOneRequest(plan: UploadPlan & { method: 'PUT' }, source: Source, hooks: TransferHooks): Promise<Stored> {
  const { signal, slots, onProgress, onRetry } = hooks
  let isUncertain = false
  await retrying(async () => {
    const body = await source.slice(0, source.length)
    const sent = await slots.with(signal, () => send({ method: 'PUT', url: plan.url, headers: sendable(plan.headers), body, signal, onProgress }))
      .catch((error: unknown) => { isUncertain ||= !isAbort(error); throw error })
    // After a lost answer the object that is in the way is this one; completing decides, by the upload's own random name.
    if (sent.status >= 300 && !(sent.status === 412 && isUncertain)) throw storageProblem(sent)
  }, { signal, onRetry })
  return complete(plan.upload, hooks)
}

/** Browsers set these themselves, and refuse scripts that try. */
const BROWSERS_OWN = new Set(['content-length', 'host'])

const sendable = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !BROWSERS_OWN.has(name.toLowerCase())))

/** Goes on with an upload by S3's own list of its parts. `null` where it is over, and has to begin anew. */
async function resume(token: string, source: Source, hooks: TransferHooks): Promise<Stored | null> {
  const { api, signal, onRetry, onToken } = hooks
  try {
    const found = await retrying(() => api.describeUpload(token, signal), { signal, onRetry })
    if (found.size === source.length) {
      const held = new Map(found.held.map(({ number, size }) => [number, size]))
      return await inParts({ upload: token, part_size: found.part_size, parts: found.parts }, source, held, hooks)
    }
    await api.abortUpload(token).catch(() => {})
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'upload-unknown') throw error
  }
  onToken(undefined)
  return null
}

interface Parts {
  upload: string
  part_size: number
  parts: number
}

async function inParts({ upload, part_size, parts }: Parts, source: Source, held: ReadonlyMap<number, number>, hooks: TransferHooks): Promise<Stored> {
  const { signal, onProgress, onToken } = hooks
  const range = (number: number): [number, number] => [(number - 1) * part_size, Math.min(number * part_size, source.length)]
  const sent = new Map<number, number>()
  const missing: number[] = []
  for (let number = 1; number <= parts; number++) {
    const [start, end] = range(number)
    if (held.get(number) === end - start) sent.set(number, end - start)
    else missing.push(number)
  }
  const report = (): void => onProgress([...sent.values()].reduce((sum, bytes) => sum + bytes, 0))
  report()
  // One part that fails for good ends the others: what they have sent is held by S3, and is not sent again.
  const failed = new AbortController()
  const partHooks = { ...hooks, signal: AbortSignal.any([signal, failed.signal]) }
  const worker = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      const [start, end] = range(number)
      const part = number
      await sendPart(upload, part, () => source.slice(start, end), partHooks, (bytes) => { sent.set(part, bytes); report() })
      sent.set(part, end - start)
    }
  }
  const workers = Array.from({ length: Math.min(PARTS_AT_ONCE, missing.length) }, worker)
  try {
    await Promise.all(workers)
  } catch (error) {
    failed.abort()
    await Promise.allSettled(workers)
    throw error
  }
  const stored = await complete(upload, hooks)
  onToken(undefined)
  return stored
}

/** Signed just before it is sent, and anew for each attempt: a request that waited would be over. */
async function sendPart(upload: string, number: number, content: () => Promise<Blob>, hooks: TransferHooks, onProgress: (sent: number) => void): Promise<void> {
  const { api, signal, slots, onRetry } = hooks
  let isChecksumDemanded = false
  await retrying(async () => {
    const body = await content()
    await slots.with(signal, async () => {
      const sign = async (): Promise<{ url: string; headers: Record<string, string> }> => {
        const checksums = isChecksumDemanded ? { [number]: { algorithm: 'sha256', value: await sha256(body) } } : undefined
        const { parts } = await api.signParts(upload, [number], checksums, signal)
        return parts[0] ?? Promise.reject(unreachable())
      }
      const { url, headers } = await sign().catch((error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'checksum-required') throw error
        isChecksumDemanded = true
        return sign()
      })
      const sent = await send({ method: 'PUT', url, headers: sendable(headers), body, signal, onProgress })
      if (sent.status >= 300) throw storageProblem(sent)
    }).catch((error: unknown) => { onProgress(0); throw error })
  }, { signal, onRetry })
}

/** Repeating a completed one answers the same, so that a lost answer costs nothing. */
function complete(token: string, { api, signal, onRetry }: TransferHooks): Promise<Stored> {
  return retrying(() => api.completeUpload(token, signal), { signal, onRetry })
}

async function sha256(data: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await data.arrayBuffer()))
  return btoa(String.fromCharCode(...digest))
}

function problemOfText(status: number, text: string, header: (name: string) => string | null): Problem {
  let body: Record<string, unknown> = {}
  try {
    body = JSON.parse(text) as Record<string, unknown>
  } catch {
    // Something between here and the origin answered.
  }
  const field = (name: string): string | null => (typeof body[name] === 'string' ? body[name] : null)
  return new Problem(status, field('code') ?? 'unexpected', field('title') ?? `status ${status}`, field('detail'), field('request_id') ?? header('x-keyfront-request-id'), Number(header('retry-after')) || null)
}
