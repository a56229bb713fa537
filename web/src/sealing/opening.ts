/**
 * Opening: the body is hashed and decrypted as it arrives, and handed out only after its tag was verified over the whole of it
 * (NIST SP 800-38D, 7.2). What cannot be verified is deleted.
 */

import type { Bytes } from './bytes.ts'
import { SealingError } from './error.ts'
import { pairs, u32, u64 } from './frame.ts'
import { HostCipher, SEGMENT, TAG } from './host-cipher.ts'
import { ModuleInstance } from './module.ts'
import type { Store } from './store.ts'

/** What a file is opened with. */
export type OpenedBy =
  /** The publisher's key, and the object's metadata, names with or without `x-amz-meta-`. */
  | { key: Bytes; envelope: Readonly<Record<string, string>> }
  /** What the module made for a link, and nothing else. */
  | { share: Bytes }

export interface OpeningRequest {
  by: OpenedBy
  /** Bytes of the body, its tag included. */
  length: number
  body: AsyncIterable<Uint8Array>
  /** Called before the body is asked for: whoever has the wrong key downloads nothing. */
  store: () => Promise<Store>
  onProgress?: ((opened: number) => void) | undefined
}

export interface Opened {
  content: Blob
  /** Deletes the plaintext. */
  discard(): Promise<void>
}

/** @throws {SealingError} `wrong-key`, `altered`, `incomplete`, `storage-full`; whatever the body throws. */
export async function open(module: WebAssembly.Module, request: OpeningRequest): Promise<Opened> {
  const instance = await ModuleInstance.of(module)
  try {
    const { cipher, nonce } = await begin(instance, request)
    const store = await request.store()
    try {
      await verified(instance, cipher, nonce, store, request)
      return { content: await store.finish(), discard: () => store.discard() }
    } catch (error) {
      await store.discard()
      throw error
    }
  } finally {
    instance.forget()
  }
}

async function begin(instance: ModuleInstance, { by, length }: OpeningRequest): Promise<{ cipher: HostCipher; nonce: Bytes }> {
  if (length < TAG) throw new SealingError('incomplete', `a body of ${length} bytes has no tag`)
  const begun = 'share' in by
    ? instance.call('open_shared', by.share, u64(length - TAG))
    : instance.call('open', u64(length), by.key, pairs(by.envelope))
  const cipher = await HostCipher.opening(begun.bytes(32))
  return { cipher, nonce: begun.bytes(12) }
}

async function verified(instance: ModuleInstance, cipher: HostCipher, nonce: Bytes, store: Store, { length, body, onProgress }: OpeningRequest): Promise<void> {
  // A segment is decrypted and written while the next one arrives and is hashed.
  let written: Promise<void> = Promise.resolve()
  let opened = 0
  const content = length - TAG
  const segments = new Segments(content)
  try {
    for await (const segment of segments.of(body)) {
      const tag = await cipher.tagOf(nonce, segment)
      const counter = instance.callForBytes('arrived', u32(segment.length), tag)
      await written
      written = cipher.decrypt(counter, segment).then((plaintext) => store.write(plaintext))
      // Awaited above, or below; until then a failure is nobody's.
      written.catch(() => {})
      opened += segment.length
      onProgress?.(opened)
    }
  } finally {
    await written
  }
  instance.call('verify', segments.tag())
}

/** Cuts a body into segments of content, and the tag behind them. */
class Segments {
  readonly #tag: Bytes = new Uint8Array(TAG)
  readonly #content: number
  #arrived = 0

  constructor(content: number) {
    this.#content = content
  }

  async *of(body: AsyncIterable<Uint8Array>): AsyncGenerator<Bytes, void, void> {
    let segment = this.#next(0)
    let filled = 0
    for await (let chunk of body) {
      while (chunk.length > 0) {
        const target = segment.length > 0 ? segment.subarray(filled) : this.#tag.subarray(this.#arrived - this.#content)
        const taken = Math.min(target.length, chunk.length)
        if (taken === 0) throw new SealingError('incomplete', 'the body goes on after its tag')
        target.set(chunk.subarray(0, taken))
        chunk = chunk.subarray(taken)
        this.#arrived += taken
        filled += taken
        if (segment.length === 0 || filled < segment.length) continue
        yield segment
        segment = this.#next(this.#arrived)
        filled = 0
      }
    }
  }

  tag(): Bytes {
    if (this.#arrived === this.#content + TAG) return this.#tag
    throw new SealingError('incomplete', `the body ended after ${this.#arrived} bytes`)
  }

  #next(from: number): Bytes {
    return new Uint8Array(Math.min(SEGMENT, this.#content - from))
  }
}
