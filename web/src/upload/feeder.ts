/**
 * Gives Uppy's list a small part of what was chosen at a time, and takes what is through off it again. Up to `WINDOW` files there is nothing
 * to do: they are Uppy's alone.
 */

import { getFileType, getSafeFileId } from '@uppy/core/utils'
import type { Uppy } from '@uppy/core'
import { Backlog, type Chosen } from './backlog.ts'
import type { FileBody, FileMeta, PageFile, PlacedMeta } from './file.ts'

type PageUppy = Uppy<FileMeta, FileBody>
export type Descriptor = Parameters<PageUppy['addFiles']>[0][number]

/** Files in Uppy's list, and how few of them have to be left for the next ones to come. */
const WINDOW = 100
const REFILL = 50
/** Failures after which nothing more is tried by itself: something is wrong with more than a file. */
const MOST_FAILED = 100
/** Files that are looked at between two moments in which the page answers. */
const STEP = 250

export interface FeederHooks {
  /** Where a file goes and how, as it is chosen now; `null` if it is not taken, which has been said then. */
  place: (file: Pick<PageFile, 'name' | 'type' | 'size' | 'meta'>) => PlacedMeta | null
  /** It is in the list already. */
  onTwice: (name: string) => void
  /** Whether an upload runs in this tab, of which new files become a part. */
  isUploading: () => boolean
  /** These came into Uppy's list, and belong to the upload that runs. */
  join: (ids: string[]) => void
  onChange: () => void
}

export class Feeder {
  readonly backlog = new Backlog<Descriptor>()
  private feeding: ReadonlySet<string> = new Set()
  private retiring: ReadonlySet<string> = new Set()
  /** Another list than before. */
  private generation = 0
  /** All were paused, and not resumed since. */
  private isPaused = false
  /** The button was pressed for what an earlier visit left, and it does not run yet. */
  private isGoingOn = false
  private readonly add: (files: Descriptor[]) => void

  constructor(private readonly uppy: PageUppy, private readonly hooks: FeederHooks) {
    this.add = uppy.addFiles.bind(uppy)
    uppy.addFiles = (files) => {
      if (!this.isOn && uppy.getFiles().length + files.length <= WINDOW) this.add(files)
      else void this.takeInSteps(files)
    }
    uppy.on('files-added', () => { if (this.isOn) this.adopt() })
    uppy.on('upload', (_id, files) => this.begin(files))
    uppy.on('restore-confirmed', () => {
      this.isGoingOn = true
      this.backlog.settle()
    })
    uppy.on('upload-start', () => this.goOn())
    uppy.on('pause-all', () => { this.isPaused = true })
    uppy.on('resume-all', () => {
      this.isPaused = false
      this.feed()
    })
    uppy.on('upload-success', () => this.feed())
    uppy.on('upload-error', () => this.feed())
    uppy.on('file-removed', ({ id }) => {
      if (!this.isOn || this.retiring.has(id)) return
      this.backlog.remove([id])
      this.feed()
      hooks.onChange()
    })
    uppy.on('cancel-all', () => this.clear())
  }

  /** Whether there is more than Uppy has in its list. */
  get isOn(): boolean {
    return this.backlog.length > 0
  }

  /** Whether it is on its way from here into Uppy's list: where it goes was settled when it was chosen. */
  isFeeding(id: string): boolean {
    return this.feeding.has(id)
  }

  remove(id: string): void {
    if (this.uppy.getFile(id)) return this.uppy.removeFile(id)
    this.backlog.remove([id])
    this.hooks.onChange()
  }

  clear(): void {
    this.generation += 1
    this.isPaused = false
    this.isGoingOn = false
    this.backlog.clear()
    this.hooks.onChange()
  }

  /** Where all that is new in Uppy's list is sent, what waits is as well; where a few are tried again, it is not. */
  private begin(files: readonly PageFile[]): void {
    const isNew = ({ progress }: PageFile): boolean => !progress.uploadStarted
    const ids = new Set(files.map(({ id }) => id))
    if (!files.some(isNew) || this.uppy.getFiles().some((file) => isNew(file) && !ids.has(file.id))) return
    this.isPaused = false
    this.backlog.settle()
  }

  /** Whoever sends what was left sends what was chosen since as well: there is one button. */
  private goOn(): void {
    if (!this.isGoingOn) return
    this.isGoingOn = false
    const { currentUploads } = this.uppy.getState()
    const sent = new Set(Object.values(currentUploads).flatMap(({ fileIDs }) => fileIDs))
    this.hooks.join(this.uppy.getFiles().map(({ id }) => id).filter((id) => !sent.has(id)))
  }

  private async takeInSteps(files: readonly Descriptor[]): Promise<void> {
    const { generation } = this
    this.adopt()
    for (let at = 0; at < files.length; at += STEP) {
      if (at > 0) await moment()
      if (generation !== this.generation) return
      this.take(files.slice(at, at + STEP))
      this.feed()
      this.hooks.onChange()
    }
  }

  private take(files: readonly Descriptor[]): void {
    const chosen: Chosen<Descriptor>[] = []
    for (const file of files) {
      const type = getFileType(file)
      const name = file.name ?? ''
      const size = file.data.size ?? 0
      const id = getSafeFileId({ ...file, type } as Parameters<typeof getSafeFileId>[0], this.uppy.getID())
      const listed = this.uppy.getFile(id)
      if (listed?.isGhost) {
        // It is the content that a recovered upload waits for.
        this.add([file])
      } else if (listed || this.backlog.has(id)) {
        this.hooks.onTwice(name)
      } else {
        const meta = this.hooks.place({ name, type, size, meta: { ...file.meta, name, type } as PlacedMeta })
        if (meta) chosen.push({ id, name, size, file: { ...file, type, meta } })
      }
    }
    this.backlog.add(chosen, this.hooks.isUploading())
  }

  /** Fills Uppy's list, once it has become short. */
  private feed(): void {
    if (!this.isOn) return
    const files = this.uppy.getFiles()
    const failed = files.filter(({ error }) => error).length
    const complete = files.filter(({ progress }) => progress.uploadComplete).map(({ id }) => id)
    const live = files.length - complete.length - failed
    // Were all that are on their way to fail, there would be no more failures than that.
    const most = Math.min(WINDOW - live, MOST_FAILED - failed - live)
    if (live > REFILL || most <= 0 || this.backlog.waiting.files === 0) return
    // Where each was resumed by itself, nothing is left that would resume all.
    if (this.isPaused && live > 0) return
    const next = this.backlog.take(most)
    const ids = next.map(({ id }) => id)
    this.feeding = new Set(ids)
    try {
      this.add(next.map(({ file }) => file))
    } catch {
      // Uppy has said which it does not take.
    }
    this.feeding = new Set()
    const listed = ids.filter((id) => this.uppy.getFile(id))
    if (listed.length < ids.length) this.backlog.remove(ids.filter((id) => !listed.includes(id)))
    // First they join, then others leave: an upload without files would be over.
    if (this.hooks.isUploading()) this.hooks.join(listed.filter((id) => this.backlog.isSettled(id)))
    this.retire(complete)
  }

  private retire(ids: string[]): void {
    if (ids.length === 0) return
    this.retiring = new Set(ids)
    this.backlog.finish(ids)
    this.uppy.removeFiles(ids)
    this.retiring = new Set()
  }

  /** What Uppy listed without us, such as a picture of the camera. */
  private adopt(): void {
    for (const { id, meta, size } of this.uppy.getFiles()) this.backlog.adopt({ id, name: meta.name, size: size ?? 0 })
  }
}

/** The page answers before it goes on. */
const moment = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve) })
