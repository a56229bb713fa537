/** Where the small pictures are: those of a folder are listed together, and only where there are pictures. */

import { signal } from '@preact/signals'
import { folderOf, thumbnailFolder, thumbnailKey } from '../api/paths.ts'
import type { ListedObject } from '../api/wire.ts'
import { api } from '../session/session.ts'
import { publisherKeyId } from '../sealed/envelope.ts'
import { kindOf } from './kind.ts'

/** Addresses by the key of the original. */
export const thumbnails = signal<ReadonlyMap<string, string>>(new Map())

/** Originals this small are shown as they are where they have no small picture. */
const SMALL = 128 * 1024
/** Folders that are asked for at most, in a view with all subfolders. */
const MOST_FOLDERS = 20
const PAGE = 100

/** How far the small pictures of one folder are listed. */
interface Progress {
  cursor: string | null
  isDone: boolean
  /** Addresses by key, `null` where only the origin opens them. */
  known: Map<string, string | null>
}

let generation = 0
const progress = new Map<string, Progress>()
const queues = new Map<string, Promise<void>>()

export function forgetThumbnails(): void {
  generation += 1
  progress.clear()
  queues.clear()
  for (const address of thumbnails.peek().values()) if (address.startsWith('blob:')) URL.revokeObjectURL(address)
  thumbnails.value = new Map()
}

export async function loadThumbnails(objects: readonly ListedObject[]): Promise<void> {
  const pictures = objects.filter(({ key, envelope }) => kindOf(key) === 'image' && publisherKeyId(envelope) === null)
  const small = pictures.filter(({ size, url }) => url && size <= SMALL && size > 0).map(({ key, url }): [string, string] => [key, url ?? ''])
  add(small.filter(([key]) => !thumbnails.peek().has(key)))
  const now = generation
  const byFolder = [...Map.groupBy(pictures, ({ key }) => folderOf(key))].slice(0, MOST_FOLDERS)
  await Promise.all(byFolder.map(([folder, own]) => {
    const loading = (queues.get(folder) ?? Promise.resolve()).then(() => loadFolder(folder, own, now)).catch(() => {})
    queues.set(folder, loading)
    return loading
  }))
}

/** Listings are in the order of keys, and so are the small pictures: each page is asked for once. */
async function loadFolder(folder: string, pictures: readonly ListedObject[], now: number): Promise<void> {
  const needed = new Map(pictures.map(({ key }) => [thumbnailKey(key), key]))
  const state = progress.get(folder) ?? { cursor: null, isDone: false, known: new Map<string, string | null>() }
  if (pictures.length === 1) return alone([...needed][0] ?? ['', ''], now)
  progress.set(folder, state)
  const settle = async (): Promise<void> => {
    const found: [string, string][] = []
    for (const [key, original] of needed) {
      const address = state.known.get(key)
      if (address === undefined) continue
      needed.delete(key)
      const readable = address ?? await opened(key)
      if (readable) found.push([original, readable])
    }
    if (now === generation) add(found)
  }
  await settle()
  while (needed.size > 0 && !state.isDone && now === generation) {
    const page = await api.list({ prefix: thumbnailFolder(folder), cursor: state.cursor, limit: PAGE, urls: true })
    for (const { key, url } of page.objects) state.known.set(key, url ?? null)
    state.cursor = page.next_cursor
    state.isDone = state.cursor === null
    await settle()
  }
}

/** One that was just uploaded is found by its own name, wherever it is in the order. */
async function alone([key, original]: [string, string], now: number): Promise<void> {
  const { objects } = await api.list({ prefix: key, limit: 1, urls: true })
  const found = objects.find((object) => object.key === key)
  const address = found && (found.url ?? await opened(key))
  if (address && now === generation) add([[original, address]])
}

/** A small picture that only the origin opens. */
async function opened(key: string): Promise<string | null> {
  const response = await api.read(key).catch(() => null)
  return response === null ? null : URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: 'image/webp' }))
}

/** What cannot be drawn: a picture that was sealed in a browser, or is none. Its kind is shown instead. */
export function forgetThumbnail(key: string): void {
  const rest = new Map(thumbnails.peek())
  if (rest.delete(key)) thumbnails.value = rest
}

function add(found: readonly (readonly [string, string])[]): void {
  if (found.length > 0) thumbnails.value = new Map([...thumbnails.peek(), ...found])
}

