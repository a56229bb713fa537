/** Sealing for the uploader: what `web/src/upload/sealer.ts` asks for, with one publisher's key. */

import type { Engine, Sealed } from './engine.ts'
import type { PublisherKey } from './keys.ts'

/** The most that one data key may encrypt: 2^39 - 256 bits (NIST SP 800-38D, 5.2.1.1), in bytes. */
export const MAX_LENGTH = 2 ** 36 - 32

export interface Sealer {
  /**
   * Begins to seal a file, with a data key of its own. An upload that did not end in this tab begins anew: it is never resumed.
   *
   * @throws {SealingError} `too-long`, `key-invalid`.
   */
  seal(file: Blob, signal: AbortSignal): Promise<Sealed>
}

export function sealerWith(engine: Engine, key: PublisherKey): Sealer {
  return { seal: (file, signal) => key.exposed((bytes) => engine.seal(file, bytes, key.description, signal)) }
}

/** A part of a sealed file, counted from 1 as S3 does. */
export function part(file: Sealed, number: number, partSize: number): Promise<Blob> {
  return file.slice((number - 1) * partSize, Math.min(number * partSize, file.length))
}

/** All parts in order. */
export function partsOf(file: Pick<Sealed, 'length' | 'slice'>, partSize: number): ReadableStream<Blob> {
  let start = 0
  return new ReadableStream({
    async pull(controller) {
      const end = Math.min(start + partSize, file.length)
      controller.enqueue(await file.slice(start, end))
      start = end
      if (start === file.length) controller.close()
    },
  }, { highWaterMark: 0 })
}
