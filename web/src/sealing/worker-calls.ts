/** What a page and its worker say to each other. Blobs and files cross as handles; keys cross as copies, which either side wipes. */

import type { Bytes } from './bytes.ts'
import type { OpenRequest } from './engine.ts'
import type { SealingCode } from './error.ts'

type Entries = Readonly<Record<string, string>>

/** What each call takes. */
export interface Calls {
  keyId: [key: Bytes]
  deriveKey: [passphrase: Bytes, salt: Bytes]
  describe: [envelope: Entries]
  share: [envelope: Entries, key: Bytes]
  seal: [file: Blob, key: Bytes, description: Entries]
  slice: [handle: number, start: number, end: number]
  close: [handle: number]
  open: [request: OpenRequest]
  discard: [handle: number]
}

export type Method = keyof Calls

export type ToWorker =
  | { call: number; method: Method; arguments: Calls[Method] }
  | { abort: number }

export type FromWorker =
  | { call: number; result: unknown }
  | { call: number; failure: { code: SealingCode | 'aborted'; message: string } }
  | { call: number; progress: number }

/** A sealed file that lives in the worker. */
export interface SealedHandle {
  handle: number
  metadata: Record<string, string>
  length: number
}

/** A file that was opened, whose plaintext the worker deletes when it is asked to. */
export interface OpenedHandle {
  handle: number
  content: Blob
}
