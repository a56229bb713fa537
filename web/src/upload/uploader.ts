/** The Uppy plugin that sends files to a Keyfront: one `Run` a file, several at once. */

import { BasePlugin, type PluginOpts, type Uppy } from '@uppy/core'
import type { Api } from '../api/client.ts'
import { asProblem, isAbort, Problem } from '../api/problem.ts'
import type { EncryptionMode, Stored } from '../api/wire.ts'
import { SealingError } from '../sealing/error.ts'
import { storageModeFor, type Rules } from '../session/rules.ts'
import { resolutionFor, forgetAnswers } from './conflict.ts'
import { keptOf, pathOf, type FileBody, type FileMeta, type Kept, type PageFile } from './file.ts'
import { keyFor, numbered, sealedName, tagsOf } from './names.ts'
import type { Sealer } from './sealer.ts'
import { Sealings, type Sealing } from './sealings.ts'
import { Slots } from './slots.ts'
import { transfer } from './transfer.ts'

/** Files at once, and requests to S3 at once: browsers open six connections to a host of HTTP/1.1. */
const FILES_AT_ONCE = 6
const REQUESTS_AT_ONCE = 6
/** Larger files are looked for before they are sent: learning at the end that the name is taken would be late. */
const LOOK_FIRST = 4 << 20
/** Bytes of files whose progress is reported. */
const SHOWN_FROM = 256 << 10
/** Names that are tried for "keep both". */
const MOST_NUMBERS = 200

export interface UploaderOptions extends PluginOpts {
  api: Api
  rules: () => Rules
  /** Seals files that are to be sealed; asks for the key where there is none. */
  sealer: () => Promise<Sealer>
  /** In the person's words. */
  wordsFor: (problem: Problem) => string
  onStored: (stored: Stored, file: PageFile) => Promise<void> | void
  onSkipped: (file: PageFile) => void
  onRetry: (file: PageFile, problem: Problem, delay: number) => void
}

type Events = Parameters<Uppy<FileMeta, FileBody>['on']>
type Listener = [Events[0], Events[1]]

export class KeyfrontUploader extends BasePlugin<UploaderOptions, FileMeta, FileBody> {
  private readonly files = new Slots(FILES_AT_ONCE)
  private readonly requests = new Slots(REQUESTS_AT_ONCE)
  private readonly runs = new Map<string, Run>()
  private readonly sealings = new Sealings()
  /** Files that came into the list after the upload began. */
  private readonly joined = new Set<Promise<void>>()
  /** Uppy's uploads that run in this tab: its own list has those of an earlier one as well, before anybody resumes them. */
  private readonly uploading = new Set<string>()
  private readonly listeners: Listener[]

  constructor(uppy: Uppy<FileMeta, FileBody>, options: UploaderOptions) {
    super(uppy, options)
    this.type = 'uploader'
    this.id = 'KeyfrontUploader'
    const each = (act: (run: Run) => void) => (): void => this.runs.forEach(act)
    const one = (id: string | undefined, act: (run: Run) => void): void => {
      const run = id === undefined ? undefined : this.runs.get(id)
      if (run) act(run)
    }
    this.listeners = [
      ['file-removed', (file: PageFile) => {
        one(file.id, (run) => run.cancel())
        this.giveUp(file)
      }],
      ['cancel-all', each((run) => run.cancel())],
      ['upload-pause', (file: PageFile | undefined, isPaused: boolean) => one(file?.id, (run) => (isPaused ? run.pause() : run.resume()))],
      ['pause-all', each((run) => run.pause())],
      ['resume-all', each((run) => run.resume())],
    ] as Listener[]
  }

  override install(): void {
    const { capabilities } = this.uppy.getState()
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads: true, individualCancellation: true } })
    this.uppy.addUploader(this.upload)
    for (const [event, listener] of this.listeners) this.uppy.on(event, listener)
  }

  override uninstall(): void {
    this.uppy.removeUploader(this.upload)
    for (const [event, listener] of this.listeners) this.uppy.off(event, listener)
    this.runs.forEach((run) => run.cancel())
  }

  private readonly upload = async (ids: string[], upload: string): Promise<void> => {
    const files = this.uppy.getFilesByIds(ids).filter((file) => file && !file.error && !file.progress.uploadComplete)
    if (files.length === 0) return
    if (this.runs.size === 0) forgetAnswers()
    this.uploading.add(upload)
    try {
      this.uppy.emit('upload-start', files)
      await Promise.all(files.map((file) => this.send(file.id)))
      while (this.joined.size > 0) await Promise.all(this.joined)
    } finally {
      this.uploading.delete(upload)
    }
  }

  /** The upload that others may join; what was recovered waits for its button. */
  private get running(): string | undefined {
    const { currentUploads, recoveredState } = this.uppy.getState()
    return recoveredState === null ? [...this.uploading].find((name) => name in currentUploads) : undefined
  }

  get isUploading(): boolean {
    return this.running !== undefined
  }

  /** Files that come into Uppy's list while an upload runs become part of it, and are sent. */
  join(ids: string[]): void {
    const name = this.running
    const { currentUploads } = this.uppy.getState()
    const upload = name === undefined ? undefined : currentUploads[name]
    if (name === undefined || upload === undefined || ids.length === 0) return
    this.uppy.setState({ currentUploads: { ...currentUploads, [name]: { ...upload, fileIDs: [...upload.fileIDs, ...ids] } } })
    this.uppy.emit('upload-start', this.uppy.getFilesByIds(ids))
    for (const id of ids) {
      const sending = this.send(id).finally(() => this.joined.delete(sending))
      this.joined.add(sending)
    }
  }

  private async send(id: string): Promise<void> {
    const run = new Run()
    this.runs.set(id, run)
    try {
      // A paused file gives its place to the next one, and begins again where it stood.
      for (;;) {
        await run.allowed()
        const { signal } = run
        try {
          await this.files.with(signal, () => this.sendOnce(id, signal))
          return
        } catch (error) {
          if (isAbort(error) && !run.isCancelled) continue
          throw error
        }
      }
    } catch (error) {
      // What was sealed is no longer what the file is, or cannot be told apart from it: it never goes on.
      if (error instanceof SealingError) this.abandon(this.sealings.end(id))
      const file = this.uppy.getFile(id)
      if (!file || run.isCancelled || isAbort(error)) return
      const problem = asProblem(error)
      const shown = new Error(this.opts.wordsFor(problem))
      this.uppy.emit('upload-error', file, shown)
    } finally {
      this.sealings.endUnlessBegun(id)
      if (this.runs.get(id) === run) this.runs.delete(id)
    }
  }

  private async sendOnce(id: string, signal: AbortSignal): Promise<void> {
    const file = this.uppy.getFile(id)
    // Removed while it waited for its turn.
    if (!file || file.isRemote || !file.data) return
    const stored = await this.sendUnderSomeKey(file, signal)
    this.sealings.end(id)
    const known = this.uppy.getFile(id)
    if (!known) return
    if (stored === null) {
      // Neither sent nor failed: it leaves the list, and is never shown as done.
      this.opts.onSkipped(known)
      this.uppy.removeFile(id)
      return
    }
    await this.opts.onStored(stored, known)
    const response = { status: 200, body: { stored }, bytesUploaded: known.size ?? 0 }
    this.uppy.emit('upload-success', this.uppy.getFile(id) ?? known, response)
  }

  /** Sends it under its key, or another that the person agrees to; `null` if the person skips it. */
  private async sendUnderSomeKey(file: PageFile, signal: AbortSignal): Promise<Stored | null> {
    const kept = keptOf(file)
    let key = kept.settledKey ?? keyFor(file.meta.folder, pathOf(file))
    let isReplacing = kept.isReplacing ?? false
    let number = 1
    let isKeepingBoth = false
    for (;;) {
      try {
        if (!isReplacing && await this.isTaken(file, key, signal)) throw new Problem(412, 'already-exists', 'an object with this key already exists', null, null)
        return await this.sendAs(file, key, isReplacing, signal)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'already-exists') throw error
      }
      this.keepToken(file.id, undefined)
      if (!isKeepingBoth) {
        const mayReplace = this.opts.rules().mayReplace(key)
        const resolution = await resolutionFor(key, mayReplace, signal)
        if (resolution === 'skip') return null
        isReplacing = resolution === 'replace'
        isKeepingBoth = resolution === 'keep-both'
      }
      if (isKeepingBoth) {
        number += 1
        if (number > MOST_NUMBERS) throw new Problem(412, 'already-exists', 'no free name was found', null, null)
        key = numbered(key, number)
      }
      this.keep(file.id, { settledKey: key, isReplacing })
    }
  }

  /** Whether a large file would meet another under its key; where nobody may look, the upload itself finds out. */
  private async isTaken(file: PageFile, key: string, signal: AbortSignal): Promise<boolean> {
    const isBegun = this.tokenOf(file) !== undefined
    if (isBegun || (file.size ?? 0) < LOOK_FIRST || !this.opts.rules().allows('HEAD', key)) return false
    return this.opts.api.describe(key, signal).then(() => true, (error: unknown) => {
      if (isAbort(error)) throw error
      return false
    })
  }

  private async sendAs(file: PageFile, key: string, overwrite: boolean, signal: AbortSignal): Promise<Stored> {
    const { id } = file
    const sealing = file.meta.isSealed ? await this.sealings.of(id, file.data as Blob, this.opts.sealer, signal) : undefined
    const total = file.size ?? 0
    // Small files are through before anybody sees a part of them.
    const progress = total < SHOWN_FROM ? () => {} : throttled((sent: number) => {
      const known = this.uppy.getFile(id)
      if (known) this.uppy.emit('upload-progress', known, { uploadStarted: known.progress.uploadStarted ?? Date.now(), bytesUploaded: Math.min(sent, total), bytesTotal: total })
    })
    const source = {
      key,
      data: file.data as Blob,
      contentType: file.type || 'application/octet-stream',
      fileName: sealedName(file.meta.name),
      tags: tagsOf(file.meta.tags ?? ''),
      encryption: sealing ? this.modeUnderSeal(file, key) : file.meta.encryption,
      caching: file.meta.caching,
      overwrite,
      token: this.tokenOf(file),
    }
    return transfer(source, {
      api: this.opts.api,
      signal,
      slots: this.requests,
      sealed: sealing?.content ?? null,
      onProgress: progress,
      onToken: (token) => {
        this.keepToken(id, token)
        this.keep(id, { settledKey: key, isReplacing: overwrite })
      },
      onRetry: (problem, _attempt, delay) => this.opts.onRetry(file, problem, delay),
    })
  }

  /** What S3 does to the ciphertext besides: sealed files go straight to it. They never leave in another way. */
  private modeUnderSeal(file: PageFile, key: string): EncryptionMode {
    const rule = this.opts.rules().of(key)
    const mode = rule && storageModeFor(rule, file.meta.encryption)
    if (!mode) throw new Problem(0, 'sealing-refused', 'the rule has no mode for sealed uploads', null, null)
    return mode
  }

  /** A sealed upload's token is never kept beyond this tab: nobody could go on with it. */
  private keepToken(id: string, token: string | undefined): void {
    const sealing = this.sealings.find(id)
    if (sealing) sealing.token = token
    else this.keep(id, { uploadToken: token })
  }

  private tokenOf(file: PageFile): string | undefined {
    const sealing: Sealing | undefined = this.sealings.find(file.id)
    return sealing ? sealing.token : keptOf(this.uppy.getFile(file.id) ?? file).uploadToken
  }

  private keep(id: string, change: Kept): void {
    const file = this.uppy.getFile(id)
    const kept = file && keptOf(file)
    // Every change copies Uppy's whole state.
    if (kept && Object.entries(change).some(([name, value]) => kept[name as keyof Kept] !== value)) this.uppy.setFileState(id, { keyfront: { ...kept, ...change } } as Partial<PageFile>)
  }

  /** What S3 holds of a file that was removed from the list is given up. */
  private giveUp(file: PageFile): void {
    const sealed = this.sealings.end(file.id)
    const { uploadToken } = keptOf(file)
    if (!file.progress.uploadComplete) this.abandon(sealed ?? uploadToken)
  }

  private abandon(token: string | undefined): void {
    if (token !== undefined) this.opts.api.abortUpload(token).catch(() => {})
  }
}

/** A file's turn: it runs, pauses, and ends. */
class Run {
  isCancelled = false
  private controller = new AbortController()
  private resumed: (() => void) | null = null

  get signal(): AbortSignal {
    return this.controller.signal
  }

  pause(): void {
    this.controller.abort()
  }

  resume(): void {
    if (this.controller.signal.aborted && !this.isCancelled) this.controller = new AbortController()
    this.resumed?.()
  }

  cancel(): void {
    this.isCancelled = true
    this.controller.abort()
    this.resumed?.()
  }

  /** Until it is not paused. */
  async allowed(): Promise<void> {
    while (this.controller.signal.aborted && !this.isCancelled) await new Promise<void>((resolve) => { this.resumed = resolve })
    this.resumed = null
    this.controller.signal.throwIfAborted()
  }
}

const PROGRESS_EVERY = 200

/** Uppy copies its state for every report: five a second and file are enough to look at. */
function throttled(report: (sent: number) => void): (sent: number) => void {
  let last = 0
  return (sent) => {
    const now = Date.now()
    if (sent !== 0 && now - last < PROGRESS_EVERY) return
    last = now
    report(sent)
  }
}
