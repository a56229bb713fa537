/** A manifest and its release: the hash of the one is the other. */

import { Problem } from '../api/problem.ts'
import type { Manifest } from '../api/wire.ts'

/** @throws {Problem} `release-altered` for bytes that are another release, or none. */
export async function verified(bytes: ArrayBuffer, id: string): Promise<Manifest> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hex !== id) throw new Problem(0, 'release-altered', 'the manifest is not the release', null, null)
  return JSON.parse(new TextDecoder().decode(bytes)) as Manifest
}

/** As people know a release. */
export const shortId = (id: string): string => id.slice(0, 8)
