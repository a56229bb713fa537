/** A link that opens one sealed file: the address of its ciphertext and what decrypts it, behind `#`, which browsers send to nobody. */

import { addressOf } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Description, Share } from '../api/wire.ts'
import { keyToOpen } from '../keys/asking.ts'
import { loadSealing } from '../keys/load.ts'
import { api } from '../session/session.ts'

/** @throws {SealingError}, or a `Problem`; `key-needed` where the person gives no key. */
export async function sealedLink(described: Description, name: string, seconds: number): Promise<Share> {
  const { engine, keyAskedFor, linkTo, shareOf } = await loadSealing()
  const { key: objectKey, size, envelope } = described
  const key = await keyToOpen(await keyAskedFor(engine, envelope ?? {}))
  const share = await shareOfCiphertext(objectKey, seconds)
  const file = await shareOf(engine, key, { url: share.url, envelope: envelope ?? {}, size, name })
  try {
    return { ...share, url: await linkTo(file, addressOf('.')) }
  } finally {
    file.share.fill(0)
  }
}

/** By the CDN where it serves ciphertext as it is; where it does not, from the bucket. */
async function shareOfCiphertext(key: string, seconds: number): Promise<Share> {
  try {
    return await api.shareAsStored(key, seconds)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'share-refused') throw error
    return api.share(key, seconds, 's3')
  }
}
