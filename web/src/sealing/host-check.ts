/**
 * Whether this browser's AES-GCM takes vectors of 128 bits as the standard says (NIST SP 800-38D, 7.1), on which sealing rests. Every
 * browser known does; were one to derive another counter, its files could be opened by nobody, and that must not be found out later.
 */

import { SealingError } from './error.ts'
import { open } from './opening.ts'
import { SealedFile } from './sealed-file.ts'
import { Memory } from './store.ts'

const PROBE = 40

/**
 * Seals a few bytes under a key of the moment and opens them in the other way there is: counter mode, and vectors of 96 bits.
 *
 * @throws {SealingError} `browser`.
 */
export async function assertHostSeals(module: WebAssembly.Module): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(32))
  const probe = crypto.getRandomValues(new Uint8Array(PROBE))
  try {
    const file = await SealedFile.begin(module, new Blob([probe]), key, {})
    const body = new Uint8Array(await (await file.slice(0, file.length)).arrayBuffer())
    file.close()
    const { content } = await open(module, { by: { key, envelope: file.metadata }, length: body.length, body: once(body), store: async () => new Memory() })
    const opened = new Uint8Array(await content.arrayBuffer())
    if (opened.length === PROBE && opened.every((byte, index) => byte === probe[index])) return
  } catch (cause) {
    throw unfit(cause)
  }
  throw unfit()
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield body
}

const unfit = (cause?: unknown): SealingError => new SealingError('browser', 'this browser\'s AES-GCM does not do what the standard says', { cause })
