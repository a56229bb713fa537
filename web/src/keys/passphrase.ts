/** A passphrase as a key: which salt it is derived with, and how long it has to be. */

import type { Bytes } from '../sealing/bytes.ts'

/** Letters, as `web/src/sealing/keys.ts` demands; here, so that a form can say it before that is loaded. */
export const MIN_PASSPHRASE = 12
const SALT_LENGTH = 16

/**
 * The salt of a publisher's passphrase at one page. It needs to be no secret, only another one for everybody: the same passphrase is
 * the same key again in any browser, without anything being kept. Files carry theirs with them, so that they open whatever this returns.
 */
export async function saltOf(page: string, publisher: string, folder: string | null): Promise<Bytes> {
  // JSON, so that no two triples are the same text.
  const text = JSON.stringify(['keyfront passphrase salt v1', page, publisher, folder])
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).slice(0, SALT_LENGTH)
}
