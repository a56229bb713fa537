/** The uploads of this page: one Uppy with what it needs, and what the rest of the page shows of it. */

import Uppy from '@uppy/core'
import { signal } from '@preact/signals'
import { Problem } from '../api/problem.ts'
import type { EncryptionMode, Stored } from '../api/wire.ts'
import { words, uppyLocale } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'
import { refusalText } from '../i18n/refusals.ts'
import { keyToSeal } from '../keys/asking.ts'
import { loadSealing } from '../keys/load.ts'
import { note } from '../sealed/known.ts'
import { refusalOf, SEAL_LENGTH } from '../session/rules.ts'
import { api, isInterrupted, onAskedForUnfinished, onReturn, onSignOut, rules, who } from '../session/session.ts'
import { announce } from '../ui/announce.ts'
import { go } from '../ui/route.ts'
import { showToast } from '../ui/toasts.ts'
import { keepNames, noLongerAnew, takeNames } from './anew.ts'
import { pathOf, type FileBody, type FileMeta, type PageFile } from './file.ts'
import { Keeper } from './keeper.ts'
import { keyFor } from './names.ts'
import { secondsLeft, Speed, summed, type Counted, type Progress } from './progress.ts'
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

export interface Target {
  folder: string
  encryption: EncryptionMode | undefined
  /** Sealed in this tab, whatever S3 does besides. */
  isSealed: boolean
  tags: string
}

/** Files of which bytes are on their way: few at a time. */
export const running = signal<readonly RunningFile[]>([])
export const failed = signal<readonly { id: string; name: string; reason: string }[]>([])
/** Where files go that are added now, and how. */
export const target = signal<Target>({ folder: '', encryption: undefined, isSealed: false, tags: '' })
/** Files that an earlier tab left half-sent. */
export const recovered = signal(0)

/** Called with each object that was stored. */
const listeners = new Set<(stored: Stored) => void>()
export const onStored = (listener: (stored: Stored) => void): (() => void) => {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

let only: PageUppy | null = null

/** The page's Uppy. Made when somebody is signed in: what it recovers is that person's. */
export function uploads(): PageUppy {
  only ??= create()
  return only
}

/** Golden Retriever keeps copies of smaller files; larger ones are asked for again, and go on where S3's list says. */
const EXPIRES = 7 * 24 * 3600 * 1000
const KEEPER = 'Keeper'

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
      if (file.data instanceof Blob && !isSealed) void storeThumbnail(api, rules(), stored, file.data, file.type)
      for (const listener of listeners) listener(stored)
    },
    onSkipped: (file) => showToast(words.peek().upload.skipped(file.meta.name)),
    onRetry: (file, problem, delay) => told(uppy, file, problem, delay),
  })
  addInSteps(uppy)
  watch(uppy)
  void keepFiles(uppy, id)
  takeNames(id)
  window.addEventListener('pagehide', () => keepNames(id, unfinishedSealed(uppy)))
  onReturn(() => void uppy.retryAll())
  onAskedForUnfinished(() => uppy.getFiles().some(({ progress }) => !progress.uploadComplete))
  onSignOut(() => putAway(uppy))
  return uppy
}

/** Files that are taken into the list between two moments in which the page answers. */
const STEP = 50

/** Uppy copies its list for each file that it adds: with ten thousand, all at once, the page would stand still for seconds. */
function addInSteps(uppy: PageUppy): void {
  const add = uppy.addFiles.bind(uppy)
  uppy.addFiles = (files) => {
    if (files.length <= STEP) return add(files)
    const rest = [...files]
    const step = (): void => {
      try {
        add(rest.splice(0, STEP))
      } catch {
        // Uppy has said which it does not take; the others follow.
      }
      if (rest.length > 0) setTimeout(step)
    }
    step()
  }
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

/** Files that the rules refuse are not taken; the others go where `target` says now. */
function admitted(uppy: PageUppy, file: PageFile): PageFile | boolean {
  if (uppy.getState().files[file.id]?.isGhost) return file
  const { folder, encryption, isSealed, tags } = target.peek()
  const meta: FileMeta = { ...file.meta, folder, isSealed, tags: tags || (file.meta.tags ?? ''), ...(encryption ? { encryption } : {}) }
  const placed = { ...file, meta } as PageFile
  const refusal = refusalOf(rules(), keyFor(folder, pathOf(placed)), (file.size ?? 0) + (isSealed ? SEAL_LENGTH : 0), file.type || 'application/octet-stream')
  if (refusal === null) {
    noLongerAnew([file.meta.name])
    return placed
  }
  refusedSoon(file.meta.name, refusalText(words.peek(), refusal))
  return false
}

const refusedNow: { name: string; why: string }[] = []

/** A folder may hold a thousand files that are refused: they are told together. */
function refusedSoon(name: string, why: string): void {
  refusedNow.push({ name, why })
  if (refusedNow.length > 1) return
  setTimeout(() => {
    const all = refusedNow.splice(0)
    const [first] = all
    if (first) showToast(words.peek().upload.refused(first.name, first.why, all.length - 1), { kind: 'error' })
  })
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
    const progress = summed(uppy.getFiles().map(counted))
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
    if (failed.length > 0) showToast(upload.failedSome(failed.length), { kind: 'error' })
    else if (successful.length > 0) showToast(upload.completed(successful.length))
  })
  window.addEventListener('beforeunload', (event) => {
    const { isBusy } = summed(uppy.getFiles().map(counted))
    if (isBusy && !isInterrupted.peek()) event.preventDefault()
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

/** Puts what was chosen for new files on those as well that wait in the list. */
export function retarget(change: Partial<typeof target.value>): void {
  target.value = { ...target.peek(), ...change }
  const { folder, encryption, isSealed, tags } = target.peek()
  const uppy = uploads()
  for (const file of uppy.getFiles()) {
    if (file.progress.uploadStarted) continue
    uppy.setFileMeta(file.id, { folder, isSealed, ...(encryption ? { encryption } : {}), ...(change.tags !== undefined ? { tags } : {}) })
  }
}
