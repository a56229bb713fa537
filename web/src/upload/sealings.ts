/**
 * Files that are being sealed, by their id in Uppy's list. One is sealed once for all its attempts in this tab: pausing, a lost network
 * or another name change nothing of its ciphertext. Nothing of it survives the tab, and then it begins anew, under another data key.
 */

import type { SealedFile, Sealer } from './sealer.ts'

export interface Sealing {
  readonly content: SealedFile
  /** The upload in parts that S3 holds parts of. */
  token: string | undefined
}

export class Sealings {
  readonly #all = new Map<string, Sealing>()

  find(id: string): Sealing | undefined {
    return this.#all.get(id)
  }

  /** The file's sealing, begun if it was not. */
  async of(id: string, file: Blob, sealer: () => Promise<Sealer>, signal: AbortSignal): Promise<Sealing> {
    const begun = this.#all.get(id)
    if (begun) return begun
    const content = await (await sealer()).seal(file, signal)
    if (signal.aborted) {
      content.close()
      throw signal.reason
    }
    const sealing: Sealing = { content, token: undefined }
    this.#all.set(id, sealing)
    return sealing
  }

  /** Ends it: its data key is forgotten. Returns the upload that is left to give up, if one is. */
  end(id: string): string | undefined {
    const sealing = this.#all.get(id)
    this.#all.delete(id)
    sealing?.content.close()
    return sealing?.token
  }

  /** Ends what S3 has nothing of: sealing it again costs nothing, holding it would cost memory for each file that waits. */
  endUnlessBegun(id: string): void {
    if (this.#all.get(id)?.token === undefined) this.end(id)
  }
}
