/** Opening what this publisher sealed: the key is found or asked for, the file comes, is verified, and only then handed out. */

import type { Description } from '../api/wire.ts'
import { keyToOpen } from '../keys/asking.ts'
import { loadSealing } from '../keys/load.ts'
import type { OpenedFile } from '../sealing/open.ts'
import { api, rules } from '../session/session.ts'

const HOUR = 3600

export interface Opening {
  described: Description
  name: string
  signal: AbortSignal
  /** The key is there, and the file is on its way. */
  onBegin: () => void
  onProgress: (opened: number) => void
}

/** @throws {SealingError}, or a `Problem` of the origin's; `key-needed` where the person gives no key. */
export async function openSealed({ described, name, signal, onBegin, onProgress }: Opening): Promise<OpenedFile> {
  const { engine, keyAskedFor, openOwn } = await loadSealing()
  const { key: objectKey, size, envelope } = described
  const key = await keyToOpen(await keyAskedFor(engine, envelope ?? {}))
  signal.throwIfAborted()
  onBegin()
  // From the bucket itself: a copy of the CDN's may be of the object before, which would look like one that was altered.
  const { url } = await api.share(objectKey, Math.min(HOUR, rules().of(objectKey)?.max_lifetime ?? HOUR), 's3', signal)
  return openOwn(engine, key, { url, envelope: envelope ?? {}, size, name }, { signal, onProgress })
}
