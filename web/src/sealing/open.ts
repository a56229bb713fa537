/** Opening for pages: by the publisher's key, or by a link. What is handed out was verified to its last byte. */

import type { Engine } from './engine.ts'
import { TAG } from './host-cipher.ts'
import type { PublisherKey } from './keys.ts'
import type { SharedFile } from './link.ts'
import { mediaOf, type Media } from './media.ts'

export interface OpenedFile extends Media {
  /** Its bytes, under the type that a browser may be given. */
  content: Blob
  name: string
  /** Deletes the plaintext that the browser keeps. */
  discard(): Promise<void>
}

export interface Watching {
  /** Bytes that were decrypted so far; they are not verified yet. */
  onProgress?: (opened: number) => void
  signal?: AbortSignal
}

/**
 * Opens what a link leads to. Its share is wiped.
 *
 * @throws {SealingError} `altered`, `incomplete`, `link-over`, `gone`, `network`, `storage-full`, `storage-none`.
 */
export async function openShared(engine: Engine, { url, share, length, name }: SharedFile, watching: Watching = {}): Promise<OpenedFile> {
  try {
    const opened = await engine.open({ by: { share }, url, length: length + TAG }, watching.onProgress, watching.signal)
    return named(opened, name)
  } finally {
    share.fill(0)
  }
}

export interface OwnFile {
  url: string
  /** The envelope's metadata, as `GET /objects/KEY` returns them. */
  envelope: Readonly<Record<string, string>>
  /** Bytes of the object, as listed: of its ciphertext. */
  size: number
  name: string
}

/** Opens a publisher's own file. @throws {SealingError} as {@link openShared}, and `wrong-key`. */
export async function openOwn(engine: Engine, key: PublisherKey, file: OwnFile, watching: Watching = {}): Promise<OpenedFile> {
  const { url, envelope, size, name } = file
  const opened = await key.exposed((bytes) => engine.open({ by: { key: bytes, envelope }, url, length: size }, watching.onProgress, watching.signal))
  return named(opened, name)
}

/** What a link to a publisher's own file holds: an address that its receiver may read, beside what opens it. */
export async function shareOf(engine: Engine, key: PublisherKey, file: OwnFile): Promise<SharedFile> {
  const share = await key.exposed((bytes) => engine.share(file.envelope, bytes))
  return { url: file.url, share, length: file.size - TAG, name: file.name }
}

function named({ content, discard }: { content: Blob; discard: () => Promise<void> }, name: string): OpenedFile {
  const media = mediaOf(name)
  // A view of the same bytes under another type.
  return { ...media, content: content.slice(0, content.size, media.type), name, discard }
}
