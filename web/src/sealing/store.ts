/** Where plaintext waits until the whole of it is verified. Nothing of it is handed out before, and all of it is deleted if it is not. */

import type { Bytes } from './bytes.ts'
import { SealingError } from './error.ts'

export interface Store {
  /** Appends. @throws {SealingError} `storage-full`. */
  write(bytes: Bytes): void | Promise<void>
  /** What was written, once it is verified. @throws {SealingError} `storage-full` if the browser has less than that. */
  finish(): Promise<Blob>
  /** Deletes what was written; also after {@link finish}. Never fails. */
  discard(): Promise<void>
}

/** Up to here a file is held in memory, where the browser keeps no files for a site. */
export const MEMORY_LIMIT = 64 * 2 ** 20

/**
 * In the origin-private file system; for small files in memory, where there is none.
 *
 * @throws {SealingError} `storage-full` if it cannot fit, before anything is downloaded; `storage-none`.
 */
export async function storeFor(length: number): Promise<Store> {
  const quota = await navigator.storage?.estimate?.().catch(() => null)
  const left = quota?.quota === undefined ? Infinity : quota.quota - (quota.usage ?? 0)
  if (length > left) throw new SealingError('storage-full', `${length} bytes do not fit into the ${left} that the browser has left for this site`)
  try {
    return await PrivateFile.create()
  } catch (cause) {
    if (cause instanceof SealingError) throw cause
    if (length <= MEMORY_LIMIT) return new Memory()
    throw new SealingError('storage-none', 'the browser keeps no files for this site', { cause })
  }
}

/** What only workers have, and the page's types leave out (File System Standard, 2.6). */
interface SyncAccess {
  write(bytes: Bytes, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

type FileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> }

/** A file of the origin-private file system. In a worker: elsewhere browsers cannot write to it as it is read. */
export class PrivateFile implements Store {
  static readonly FOLDER = 'keyfront-opened'
  readonly #folder: FileSystemDirectoryHandle
  readonly #file: FileHandle
  readonly #free: () => void
  #access: SyncAccess | null
  #length = 0

  private constructor(folder: FileSystemDirectoryHandle, file: FileHandle, access: SyncAccess, free: () => void) {
    this.#folder = folder
    this.#file = file
    this.#access = access
    this.#free = free
  }

  static async create(): Promise<PrivateFile> {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle(PrivateFile.FOLDER, { create: true })
    await sweep(folder)
    const name = crypto.randomUUID()
    const free = await held(name)
    try {
      const file = await folder.getFileHandle(name, { create: true }) as FileHandle
      return new PrivateFile(folder, file, await file.createSyncAccessHandle(), free)
    } catch (error) {
      free()
      throw error
    }
  }

  write(bytes: Bytes): void {
    if (!this.#access) throw new TypeError('the file is finished')
    try {
      const written = this.#access.write(bytes, { at: this.#length })
      // Over quota Chromium 156 throws nothing and returns a number that is none, 2^32 - 8. Anything but all of it is a failure.
      if (written !== bytes.length) throw new SealingError('storage-full', `the browser kept ${this.#length} bytes and no more`)
      this.#length += written
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'QuotaExceededError') {
        throw new SealingError('storage-full', `the browser kept ${this.#length} bytes and no more`, { cause })
      }
      throw cause
    }
  }

  async finish(): Promise<File> {
    this.#access?.flush()
    this.#close()
    const file = await this.#file.getFile()
    if (file.size !== this.#length) throw new SealingError('storage-full', `the browser kept ${file.size} of ${this.#length} bytes`)
    return file
  }

  async discard(): Promise<void> {
    try {
      // Shorter first: a file that cannot be deleted at once has nothing left in it.
      this.#access?.truncate(0)
    } catch {
      // It is deleted below.
    }
    this.#close()
    await this.#folder.removeEntry(this.#file.name).catch(() => {})
    this.#free()
  }

  #close(): void {
    this.#access?.close()
    this.#access = null
  }
}

/** Deletes what closed tabs have left. */
async function sweep(folder: FileSystemDirectoryHandle): Promise<void> {
  if (!navigator.locks) return
  const { held: locks = [] } = await navigator.locks.query()
  const inUse = new Set(locks.map(({ name }) => name))
  for await (const name of folder.keys()) {
    if (!inUse.has(lockOf(name))) await folder.removeEntry(name).catch(() => {})
  }
}

const lockOf = (name: string): string => `${PrivateFile.FOLDER}/${name}`

/** Holds a file's lock until it is freed, or this worker ends. */
function held(name: string): Promise<() => void> {
  if (!navigator.locks) return Promise.resolve(() => {})
  return new Promise((resolve, reject) => {
    navigator.locks.request(lockOf(name), () => new Promise<void>((free) => resolve(free))).catch(reject)
  })
}

/** Memory, for small files. */
export class Memory implements Store {
  #pieces: Bytes[] = []

  write(bytes: Bytes): void {
    this.#pieces.push(bytes)
  }

  async finish(): Promise<Blob> {
    const whole = new Blob(this.#pieces)
    this.#wipe()
    return whole
  }

  async discard(): Promise<void> {
    this.#wipe()
  }

  #wipe(): void {
    for (const piece of this.#pieces) piece.fill(0)
    this.#pieces = []
  }
}
