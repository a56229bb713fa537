/** The frames that cross into the module and back (`web/module/src/frame.rs`): little-endian numbers, bytes, then texts. */

import type { Bytes } from './bytes.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export function u64(value: number): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

/** Names and values. */
export function pairs(entries: Readonly<Record<string, string>>): Bytes {
  const texts = Object.entries(entries).flat().map((text) => encoder.encode(text))
  const table = 4 * (1 + texts.length)
  const frame = new Uint8Array(table + texts.reduce((sum, text) => sum + text.length, 0))
  const numbers = new DataView(frame.buffer)
  numbers.setUint32(0, texts.length, true)
  let at = table
  texts.forEach((text, index) => {
    numbers.setUint32(4 + 4 * index, text.length, true)
    frame.set(text, at)
    at += text.length
  })
  return frame
}

/** What the module returned, read from its beginning. */
export class FrameReader {
  readonly #bytes: Bytes
  readonly #numbers: DataView
  #at = 0

  constructor(bytes: Bytes) {
    this.#bytes = bytes
    this.#numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  bytes(length: number): Bytes {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  u32(): number {
    this.#at += 4
    return this.#numbers.getUint32(this.#at - 4, true)
  }

  /** Lengths of files, below 2^53. */
  u64(): number {
    this.#at += 8
    return Number(this.#numbers.getBigUint64(this.#at - 8, true))
  }

  texts(): string[] {
    const lengths = Array.from({ length: this.u32() }, () => this.u32())
    return lengths.map((length) => decoder.decode(this.bytes(length)))
  }

  pairs(): Record<string, string> {
    const texts = this.texts()
    const entries: [string, string][] = []
    for (let index = 0; index + 1 < texts.length; index += 2) entries.push([texts[index] ?? '', texts[index + 1] ?? ''])
    return Object.fromEntries(entries)
  }
}
