/**
 * Files that were chosen beyond those that Uppy can list: it copies its whole list whenever one of them changes, so that ten thousand would
 * cost the page its answers. They wait here in the order in which they were chosen; what is through stays here by name and size.
 *
 * It knows neither Uppy nor rules: who takes files out of it, and when, is the feeder's.
 */

export interface Chosen<File> {
  id: string
  name: string
  /** Bytes. */
  size: number
  file: File
}

export interface Entry<File> {
  readonly id: string
  readonly name: string
  readonly size: number
  /** `listed`: Uppy has it, and knows how far it is. */
  state: 'waiting' | 'listed' | 'done'
  /** What Uppy will be given. */
  file: File | null
  /** Whether it belongs to an upload that has begun: where it goes and how is no longer changed, and no press of a button is waited for. */
  isSettled: boolean
}

/** How many, and their bytes together. */
export interface Sum {
  files: number
  bytes: number
}

export class Backlog<File> {
  #entries: Entry<File>[] = []
  readonly #open = new Map<string, Entry<File>>()
  /** No entry before this one waits. */
  #next = 0
  #waiting: Sum = { files: 0, bytes: 0 }
  #done: Sum = { files: 0, bytes: 0 }

  get length(): number {
    return this.#entries.length
  }

  get waiting(): Readonly<Sum> {
    return this.#waiting
  }

  get done(): Readonly<Sum> {
    return this.#done
  }

  /** Whether it waits or is listed: what is done may be chosen again. */
  has(id: string): boolean {
    return this.#open.has(id)
  }

  slice(from: number, to: number): readonly Entry<File>[] {
    return this.#entries.slice(from, to)
  }

  /** Whether an upload has begun that it is part of. */
  isSettled(id: string): boolean {
    return this.#open.get(id)?.isSettled ?? false
  }

  add(files: readonly Chosen<File>[], isSettled = false): void {
    for (const { id, name, size, file } of files) {
      if (this.has(id)) continue
      this.#put({ id, name, size, file, isSettled, state: 'waiting' })
      count(this.#waiting, size, 1)
    }
  }

  /** Takes in what Uppy listed by itself. */
  adopt({ id, name, size }: Omit<Chosen<File>, 'file'>): void {
    if (!this.has(id)) this.#put({ id, name, size, file: null, isSettled: false, state: 'listed' })
  }

  /** An upload of all that is here begins. */
  settle(): void {
    for (const entry of this.#open.values()) entry.isSettled = true
  }

  /** The next of those that wait, which are listed from now on. */
  take(most: number): Chosen<File>[] {
    const taken: Chosen<File>[] = []
    for (; this.#next < this.#entries.length && taken.length < most; this.#next++) {
      const entry = this.#entries[this.#next]
      if (!entry || entry.state !== 'waiting' || entry.file === null) continue
      const { id, name, size, file } = entry
      taken.push({ id, name, size, file })
      entry.state = 'listed'
      entry.file = null
      count(this.#waiting, size, -1)
    }
    return taken
  }

  /** They are through, and Uppy lists them no longer. */
  finish(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#open.get(id)
      if (entry?.state !== 'listed') continue
      entry.state = 'done'
      this.#open.delete(id)
      count(this.#done, entry.size, 1)
    }
  }

  remove(ids: readonly string[]): void {
    const gone = new Set<Entry<File>>()
    for (const id of ids) {
      const entry = this.#open.get(id)
      if (!entry) continue
      gone.add(entry)
      this.#open.delete(id)
      if (entry.state === 'waiting') count(this.#waiting, entry.size, -1)
    }
    if (gone.size === 0) return
    this.#entries = this.#entries.filter((entry) => !gone.has(entry))
    const next = this.#entries.findIndex(({ state }) => state === 'waiting')
    this.#next = next < 0 ? this.#entries.length : next
  }

  /** Changes what waits and is not settled. */
  change(each: (file: File) => File): void {
    for (let at = this.#next; at < this.#entries.length; at++) {
      const entry = this.#entries[at]
      if (entry?.file && !entry.isSettled) entry.file = each(entry.file)
    }
  }

  /** Names of those that wait, the first ones. */
  waitingNames(most: number): string[] {
    const names: string[] = []
    for (let at = this.#next; at < this.#entries.length && names.length < most; at++) {
      const entry = this.#entries[at]
      if (entry?.state === 'waiting') names.push(entry.name)
    }
    return names
  }

  clear(): void {
    this.#entries = []
    this.#open.clear()
    this.#next = 0
    this.#waiting = { files: 0, bytes: 0 }
    this.#done = { files: 0, bytes: 0 }
  }

  #put(entry: Entry<File>): void {
    this.#entries.push(entry)
    this.#open.set(entry.id, entry)
  }
}

function count(sum: Sum, size: number, by: 1 | -1): void {
  sum.files += by
  sum.bytes += by * size
}
