/** The uploads of this page: one Uppy with what it needs, and what the rest of the page shows of it. */

import Uppy from '@uppy/core'
import { signal } from '@preact/signals'
import { Problem } from '../api/problem.ts'
import type { Stored } from '../api/wire.ts'
import { words, uppyLocale } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'
import { keyToSeal } from '../keys/asking.ts'
import { loadSealing } from '../keys/load.ts'
import { note } from '../sealed/known.ts'
import { api, isInterrupted, onAskedForUnfinished, onReturn, onSignOut, rules, who } from '../session/session.ts'
import { announce } from '../ui/announce.ts'
import { go } from '../ui/route.ts'
import { showToast } from '../ui/toasts.ts'
import { placed, refusedSoon } from './admission.ts'
import { keepNames, MOST_NAMES, takeNames } from './anew.ts'
import { counting } from './counting.ts'
import { Feeder } from './feeder.ts'
import type { FileBody, FileMeta, PageFile } from './file.ts'
import { Keeper } from './keeper.ts'
import { secondsLeft, Speed, summed, withBacklog, type Counted, type Progress } from './progress.ts'
import { target } from './target.ts'
import { storeThumbnail } from './thumbnail.ts'
import { KeyfrontUploader } from './uploader.ts'

export type PageUppy = Uppy<FileMeta, FileBody>

export interface UploadStatus extends Progress {
  /** Bytes a second. */
  speed: number
  secondsLeft: number | null
}

const IDLE: UploadStatus = { ...summed([]), speed: 0, secondsLeft: null }

export const status = signal<UploadStatus>(IDLE)

export interface RunningFile {
  id: string
  name: string
  share: number
  speed: number
  secondsLeft: number | null
}

/** Files of which bytes are on their way: few at a time. */
export const running = signal<readonly RunningFile[]>([])
export const failed = signal<readonly { id: string; name: string; reason: string }[]>([])
/** Files of the whole list, where Uppy has a part of it only; 0 where it has all. Changes of any of them are a new value of `manyChanged`. */
export const many = signal(0)
export const manyChanged = signal(0)
/** Files that an earlier tab left half-sent. */
export const recovered = signal(0)

/** Called with each object that was stored. */
const listeners = new Set<(stored: Stored) => void>()
export const onStored = (listener: (stored: Stored) => void): (() => void) => {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

let only: PageUppy | null = null
let feeder: Feeder | null = null

/** The page's Uppy. Made when somebody is signed in: what it recovers is that person's. */
export function uploads(): PageUppy {
  only ??= create()
  return only
}

/** Golden Retriever keeps copies of smaller files; larger ones are asked for again, and go on where S3's list says. */
const EXPIRES = 7 * 24 * 3600 * 1000
const KEEPER = 'Keeper'
const UPLOADER = 'KeyfrontUploader'

/** What waits before Uppy's list. To be asked only where `uploads` was. */
const backlog = () => {
  if (feeder === null) throw new Error('nothing is uploaded yet')
  return feeder.backlog
}

/** Rows of the whole list, where `many` says that there are more than Uppy's. */
export const manyFiles = (from: number, to: number) => feeder?.backlog.slice(from, to) ?? []
/** How far a file of Uppy's list is. */
export function stateOf(id: string): Counted['state'] {
  const file = only?.getFile(id)
  return file ? counted(file).state : 'waiting'
}
export const removeOfMany = (id: string): void => feeder?.remove(id)

/** Empties the list. */
export function clearList(): void {
  feeder?.clear()
  uploads().clear()
}

function create(): PageUppy {
  const person = who.peek()?.publisher
  const id = `keyfront-${person?.publisher ?? ''}-${person?.folder ?? ''}`
  const uppy: PageUppy = new Uppy<FileMeta, FileBody>({
    id,
    autoProceed: false,
    onBeforeFileAdded: (file) => admitted(uppy, file as PageFile),
    locale: uppyLocale.peek(),
  })
  uppy.use(KeyfrontUploader, {
    api,
    rules,
    sealer: async () => {
      const key = await keyToSeal()
      const { engine, sealerWith } = await loadSealing()
      return sealerWith(engine, key)
    },
    wordsFor: (problem) => problemText(words.peek(), problem),
    onStored: (stored, file) => {
      const isSealed = file.meta.isSealed ?? false
      note(stored.key, isSealed)
      // A small picture would show what was sealed.
      if (file.data instanceof Blob && !isSealed) void storeThumbnail(api, rules(), stored, file)
      for (const listener of listeners) listener(stored)
    },
    onSkipped: (file) => showToast(words.peek().upload.skipped(file.meta.name)),
    onRetry: (file, problem, delay) => told(uppy, file, problem, delay),
  })
  const uploader = () => uppy.getPlugin(UPLOADER) as KeyfrontUploader | undefined
  feeder = new Feeder(uppy, {
    place: placed,
    onTwice: (name) => refusedSoon(name, words.peek().upload.refusedTwice),
    isUploading: () => uploader()?.isUploading ?? false,
    join: (ids) => uploader()?.join(ids),
    onChange: () => showMany(uppy),
  })
  watch(uppy)
  void keepFiles(uppy, id)
  takeNames(id)
  window.addEventListener('pagehide', () => {
    const sealed = unfinishedSealed(uppy)
    keepNames(id, [...sealed, ...backlog().waitingNames(MOST_NAMES)], sealed.length + backlog().waiting.files)
  })
  onReturn(() => void uppy.retryAll())
  onAskedForUnfinished(() => backlog().waiting.files > 0 || uppy.getFiles().some(({ progress }) => !progress.uploadComplete))
  onSignOut(() => putAway(uppy))
  return uppy
}

/** One tab at a time recovers and keeps files; two would send the same ones twice. */
async function keepFiles(uppy: PageUppy, id: string): Promise<void> {
  await navigator.locks.request(id, { ifAvailable: true }, async (lock) => {
    if (lock === null) return
    uppy.on('restored', () => {
      recovered.value = uppy.getFiles().length
      const { upload } = words.peek()
      if (recovered.peek() > 0) showToast(upload.recovered(recovered.peek()), { action: { label: upload.openPanel, run: () => go({ section: 'upload' }) } })
    })
    uppy.on('restore-confirmed', () => { recovered.value = 0 })
    uppy.on('cancel-all', () => { recovered.value = 0 })
    uppy.use(Keeper, { expires: EXPIRES, id: KEEPER })
    await new Promise(() => {})
  })
}

const unfinishedSealed = (uppy: PageUppy): string[] =>
  uppy.getFiles().filter(({ meta, progress }) => meta.isSealed && progress.uploadStarted && !progress.uploadComplete).map(({ meta }) => meta.name)

/** Golden Retriever's database; it closes its connections when somebody else deletes it. */
const COPIES = 'uppy-blobs'

/** Gives up what is under way, and removes the copies of files that were kept on this machine. */
async function putAway(uppy: PageUppy): Promise<void> {
  const kept = uppy.getPlugin(KEEPER)
  uppy.cancelAll()
  if (kept) uppy.removePlugin(kept)
  await new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(COPIES)
    request.onsuccess = request.onerror = () => resolve()
    setTimeout(resolve, 2000)
  })
}

/** Files that the rules refuse are not taken; the others go where `target` says now, or said when they were chosen. */
function admitted(uppy: PageUppy, file: PageFile): PageFile | boolean {
  if (uppy.getState().files[file.id]?.isGhost || feeder?.isFeeding(file.id)) return file
  const meta = placed(file)
  return meta === null ? false : { ...file, meta }
}

let toldAt = 0

/** Retries are told, once in a while and not for each part. */
function told(uppy: PageUppy, file: PageFile, problem: Problem, delay: number): void {
  if (Date.now() - toldAt < 5000 || !uppy.getFile(file.id)) return
  toldAt = Date.now()
  const { upload } = words.peek()
  showToast(problem.code === 'network' ? upload.offline : upload.retrying(file.meta.name, Math.ceil(delay / 1000)))
}

const EVERY = 500
/** Of what runs and of what failed: a longer list helps nobody. */
const MOST_SHOWN = 50

function watch(uppy: PageUppy): void {
  const speed = new Speed()
  const speeds = new Map<string, Speed>()
  let timer = 0
  let announced = 0
  const refresh = (): void => {
    timer = 0
    const progress = withBacklog(summed(uppy.getFiles().map(counted)), backlog())
    showMany(uppy)
    if (!progress.isBusy) speed.forget()
    const now = progress.isBusy ? speed.measure(progress.sent, Date.now()) : 0
    status.value = { ...progress, speed: now, secondsLeft: secondsLeft(progress, now) }
    running.value = runningOf(uppy, speeds)
    const failures = uppy.getFiles().filter(({ error }) => error).slice(0, MOST_SHOWN)
    failed.value = failures.map(({ id, meta, error }) => ({ id, name: meta.name, reason: error ?? '' }))
    const quarter = Math.floor(progress.share * 4)
    if (progress.isBusy && quarter > announced && quarter < 4) announce(words.peek().upload.announce(quarter * 25))
    announced = progress.isBusy ? quarter : 0
    if (progress.isBusy) schedule()
  }
  const schedule = (): void => { timer ||= window.setTimeout(refresh, EVERY) }
  uppy.on('state-update', (before, after) => { if (before.files !== after.files) schedule() })
  uppy.on('restriction-failed', (_file, error) => {
    const { isUserFacing, message } = error as Error & { isUserFacing?: boolean }
    if (isUserFacing !== false) showToast(message, { kind: 'error' })
  })
  uppy.on('complete', ({ successful = [], failed = [] }) => {
    const { upload } = words.peek()
    const { done, waiting } = backlog()
    if (failed.length > 0) showToast(upload.failedSome(failed.length), { kind: 'error' })
    else if (successful.length > 0 && waiting.files === 0) {
      // Of a long list Uppy knows the end; together with what is off it, it is all.
      const isLong = backlog().length > 0
      showToast(upload.completed(isLong ? done.files + uppy.getFiles().filter(({ progress }) => progress.uploadComplete).length : successful.length))
    }
  })
  window.addEventListener('beforeunload', (event) => {
    const { isBusy } = summed(uppy.getFiles().map(counted))
    // What waits before Uppy's list is not kept for the next visit.
    if ((isBusy || backlog().waiting.files > 0) && !isInterrupted.peek()) event.preventDefault()
  })
}

/** Each with a measurement of its own, which is forgotten when the file is through. */
function runningOf(uppy: PageUppy, speeds: Map<string, Speed>): RunningFile[] {
  const files = uppy.getFiles().filter((file) => counted(file).state === 'running' && (file.progress.bytesUploaded || 0) > 0).slice(0, MOST_SHOWN)
  for (const id of speeds.keys()) if (!files.some((file) => file.id === id)) speeds.delete(id)
  return files.map((file) => {
    const { id, meta } = file
    const { size, sent } = counted(file)
    const own = speeds.get(id) ?? new Speed()
    speeds.set(id, own)
    const speed = own.measure(sent, Date.now())
    return { id, name: meta.name, share: size > 0 ? sent / size : 1, speed, secondsLeft: secondsLeft({ total: size, sent }, speed) }
  })
}

function counted(file: PageFile): Counted {
  const { progress, error, isPaused } = file
  const sent = progress.bytesUploaded || 0
  const state = progress.uploadComplete ? 'done' : error ? 'failed' : isPaused ? 'paused' : progress.uploadStarted ? 'running' : 'waiting'
  return { size: file.size ?? 0, sent, state }
}

/** Puts what was chosen for new files on those as well that wait in the list, and are of no upload that has begun. */
export function retarget(change: Partial<typeof target.value>): void {
  target.value = { ...target.peek(), ...change }
  const { folder, encryption, caching, isSealed, tags } = target.peek()
  const meta = { folder, isSealed, caching, ...(encryption ? { encryption } : {}), ...(change.tags !== undefined ? { tags } : {}) }
  const uppy = uploads()
  for (const file of uppy.getFiles()) if (!file.progress.uploadStarted && !backlog().isSettled(file.id)) uppy.setFileMeta(file.id, meta)
  backlog().change((file) => ({ ...file, meta: { ...file.meta, ...meta } }))
}

/** Uppy counts its own files; where it has a part of the list only, it is told what to say. */
function showMany(uppy: PageUppy): void {
  const before = many.peek()
  const { length, waiting } = backlog()
  many.value = length
  manyChanged.value += 1
  if (length === 0 && before === 0) return
  const open = waiting.files + uppy.getFiles().filter(({ progress }) => !progress.uploadComplete).length
  uppy.setOptions({ locale: length === 0 ? uppyLocale.peek() : counting(uppyLocale.peek(), words.peek().upload.many, open) })
}
