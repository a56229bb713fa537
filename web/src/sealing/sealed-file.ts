/**
 * A file as the ciphertext it is uploaded as. It is read and encrypted when a part is asked for, as often as that is: nothing of
 * it is kept but a hash of each segment, in the module.
 *
 * A data key lives as long as this object, and is for this file as it was first read. What is asked for again is the very same
 * ciphertext, or nothing: a segment that changed ends it for good, before its ciphertext leaves.
 */

import type { Bytes } from './bytes.ts'
import { SealingError } from './error.ts'
import { pairs, u32, u64 } from './frame.ts'
import { HostCipher, SEGMENT, TAG } from './host-cipher.ts'
import { ModuleInstance } from './module.ts'

/** Segments that are read and encrypted at once: as many as keep the browser's threads busy. */
const AT_ONCE = 4
/** Data key, message id, the wrap's vector. */
const RANDOM = 32 + 28 + 12
const NONE = 0xffffffff

export class SealedFile {
  /** Metadata of the envelope to store with the object, names without `x-amz-meta-`. Nothing in it is secret. */
  readonly metadata: Record<string, string>
  /** Bytes of the ciphertext, its tag included. */
  readonly length: number
  readonly #file: Blob
  readonly #module: ModuleInstance
  readonly #cipher: HostCipher
  readonly #underWay = new Map<number, Promise<unknown>>()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #ended: SealingError | null = null

  private constructor(file: Blob, module: ModuleInstance, cipher: HostCipher, metadata: Record<string, string>) {
    this.#file = file
    this.#module = module
    this.#cipher = cipher
    this.metadata = metadata
    this.length = file.size + TAG
  }

  /**
   * Begins with a data key of its own, wrapped under the publisher's key.
   *
   * @param description names the publisher's key for readers; it is stored in the clear, at most about 1 KB.
   * @throws {SealingError} `too-long` over 2^36 - 32 bytes.
   */
  static async begin(module: WebAssembly.Module, file: Blob, key: Bytes, description: Readonly<Record<string, string>>): Promise<SealedFile> {
    const instance = await ModuleInstance.of(module)
    const random = crypto.getRandomValues(new Uint8Array(RANDOM))
    const begun = instance.call('seal', random, key, u64(file.size), u32(SEGMENT), pairs(description))
    random.fill(0)
    const cipher = await HostCipher.sealing(begun.bytes(32))
    begun.u32()
    return new SealedFile(file, instance, cipher, begun.pairs())
  }

  /**
   * The ciphertext from `start` to before `end`. Whatever contains the tag, at the end, first has everything read that was not
   * read yet.
   *
   * @throws {SealingError} `file-changed`, then for every later call; `file-unreadable`.
   */
  async slice(start: number, end: number): Promise<Blob> {
    const content = this.length - TAG
    const until = Math.min(end, content)
    const pieces: Promise<Bytes>[] = []
    if (start < until) {
      for (let index = Math.floor(start / SEGMENT); index * SEGMENT < until; index++) {
        const from = index * SEGMENT
        pieces.push(this.#segment(index).then((segment) => segment.subarray(Math.max(0, start - from), until - from)))
      }
    }
    const ciphertext = await allOf(pieces)
    if (end <= content) return new Blob(ciphertext)
    const tag = await this.#tag()
    return new Blob([...ciphertext, tag.subarray(Math.max(0, start - content), end - content)])
  }

  /** Forgets the data key. */
  close(): void {
    if (this.#ended) return
    this.#ended = new SealingError('internal', 'the sealed file was closed')
    this.#module.forget()
  }

  async #tag(): Promise<Bytes> {
    for (;;) {
      this.#assertAlive()
      const missing = this.#module.call('missing').u32()
      if (missing === NONE) return this.#module.callForBytes('tag')
      // Another slice may be at it: then its turn is awaited, and its failure is its own.
      await (this.#underWay.get(missing)?.catch(() => {}) ?? this.#segmentsFrom(missing))
    }
  }

  /** Seals a few segments for the tag alone. */
  async #segmentsFrom(first: number): Promise<void> {
    const count = Math.ceil((this.length - TAG) / SEGMENT)
    const few = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => first + index)
    await allOf(few.filter((index) => !this.#underWay.has(index)).map((index) => this.#segment(index)))
  }

  async #segment(index: number): Promise<Bytes> {
    await this.#turn()
    const sealing = this.#sealSegment(index)
    this.#underWay.set(index, sealing)
    try {
      return await sealing
    } catch (error) {
      if (error instanceof SealingError && error.code === 'file-changed') this.#ended ??= error
      throw error
    } finally {
      if (this.#underWay.get(index) === sealing) this.#underWay.delete(index)
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async #sealSegment(index: number): Promise<Bytes> {
    this.#assertAlive()
    const planned = this.#module.call('segment', u32(index))
    const [offset, length, iv] = [planned.u64(), planned.u32(), planned.bytes(16)]
    const plaintext = await this.#read(offset, length)
    const { ciphertext, tag } = await this.#cipher.encrypt(iv, plaintext)
    new Uint8Array(plaintext).fill(0)
    this.#assertAlive()
    // Not before this returns may the ciphertext leave: it is the same text under the same key as any time before.
    this.#module.call('sealed', u32(index), tag)
    return ciphertext
  }

  async #read(offset: number, length: number): Promise<ArrayBuffer> {
    const bytes = await this.#file.slice(offset, offset + length).arrayBuffer().catch((cause: unknown) => {
      throw new SealingError('file-unreadable', 'the file cannot be read: it was changed, moved or deleted', { cause })
    })
    if (bytes.byteLength === length) return bytes
    throw this.#ended = new SealingError('file-changed', 'the file has become shorter')
  }

  #assertAlive(): void {
    if (this.#ended) throw this.#ended
  }

  async #turn(): Promise<void> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resume) => this.#waiting.push(resume))
    this.#running++
  }
}

/** As `Promise.all`, but no work goes on behind a failure. */
async function allOf<T>(work: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
