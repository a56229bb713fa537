/**
 * Where sealing in the browser joins the upload. `web/src/sealing/` implements it.
 *
 * A sealed upload lives as long as its tab: it is never resumed after a reload, because the file may have changed and a
 * nonce must never meet two texts. Within the tab a part that is sent again is the very same ciphertext.
 */
export interface Sealer {
  seal(file: Blob, signal: AbortSignal): Promise<SealedFile>
}

export interface SealedFile {
  /** Metadata of the envelope, names without `x-amz-meta-`. */
  readonly metadata: Record<string, string>
  /** Bytes of the ciphertext, its tag included. */
  readonly length: number
  /** The ciphertext from `start` to before `end`; rejects if the file changed since it was first asked for. */
  slice(start: number, end: number): Promise<Blob>
  /** Forgets the data key. */
  close(): void
}

/** The bytes of an upload: a file's own, or its ciphertext. */
export type Source = Pick<SealedFile, 'length' | 'slice'>

export const plainSource = (file: Blob): Source => ({ length: file.size, slice: (start, end) => Promise.resolve(file.slice(start, end)) })
