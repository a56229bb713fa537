/** From the names of files to keys of objects. What S3 or the CDN could not serve under its name gets one that they can. */

import { folderOf, splitExtension } from '../api/paths.ts'

const MAX_KEY_BYTES = 1024
/** What is sealed with the object as its name; the origin takes no more. */
const MAX_NAME_BYTES = 255
/** Names that are the system's own. */
const RESERVED = new Set(['.keyfront', '.thumbnails'])

const encoder = new TextEncoder()
const bytes = (text: string): number => encoder.encode(text).length

/**
 * The key for a file at `path` (slashes between folders) below `folder`.
 *
 * Names are composed (NFC): macOS writes them decomposed, and nobody who types one later does.
 */
export function keyFor(folder: string, path: string): string {
  const segments = path.normalize('NFC').split('/').filter((segment) => segment !== '').map(safeSegment)
  return fitted(folder + (segments.length > 0 ? segments.join('/') : '_'))
}

function safeSegment(segment: string): string {
  const printable = segment.replace(/\p{Cc}/gu, '_').replace(/\p{Cs}/gu, '\uFFFD')
  if (printable === '.' || printable === '..') return printable.replaceAll('.', '_')
  return RESERVED.has(printable) ? `_${printable.slice(1)}` : printable
}

/** Shortens the name, not its extension, until S3 takes the key. */
function fitted(key: string): string {
  const excess = bytes(key) - MAX_KEY_BYTES
  if (excess <= 0) return key
  const folder = folderOf(key)
  const [stem, extension] = splitExtension(key.slice(folder.length))
  return folder + shortened(stem, bytes(stem) - excess) + extension
}

/** The beginning of a text of at most so many bytes, cut between characters. */
export function shortened(text: string, most: number): string {
  let kept = ''
  let length = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    length += bytes(segment)
    if (length > most) break
    kept += segment
  }
  return kept
}

/** The name to seal with a file, as the origin takes it; nothing where none is left. */
export function sealedName(name: string): string | undefined {
  const printable = name.replace(/\p{Cc}/gu, '_').replace(/\p{Cs}/gu, '\uFFFD')
  const [stem, extension] = splitExtension(printable)
  const name_ = bytes(printable) <= MAX_NAME_BYTES ? printable : shortened(stem, MAX_NAME_BYTES - bytes(extension)) + extension
  return name_ === '' ? undefined : shortened(name_, MAX_NAME_BYTES)
}

const MAX_TAGS = 16
const MAX_TAG_BYTES = 64

/** Tags from what a person typed, separated by commas. */
export function tagsOf(text: string): string[] {
  const tags = text.split(',').map((tag) => shortened(tag.replace(/\p{Cc}/gu, ' ').trim(), MAX_TAG_BYTES))
  return [...new Set(tags.filter((tag) => tag !== ''))].slice(0, MAX_TAGS)
}

/** `photo.jpg`, then `photo (2).jpg`, `photo (3).jpg` and so on. */
export function numbered(key: string, number: number): string {
  const folder = folderOf(key)
  const [stem, extension] = splitExtension(key.slice(folder.length))
  const plain = stem.replace(/ \(\d+\)$/, '')
  return fitted(`${folder}${plain} (${number})${extension}`)
}
