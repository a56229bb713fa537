/** Searching, filtering and sorting what is loaded. Pure, and quick enough for ten thousand. */

import { baseName } from '../api/paths.ts'
import type { ListedObject } from '../api/wire.ts'
import { kindOf, type Kind } from './kind.ts'

export interface FileEntry {
  kind: Kind
  key: string
  /** What people call it: its original name, or that of its key. */
  name: string
  tags: readonly string[]
  size: number
  /** Milliseconds since 1970, UTC; `null` where nobody knows. */
  time: number | null
  object: ListedObject
  /** What the search looks in. */
  text: string
}

export type SortOrder = 'name-up' | 'name-down' | 'time-up' | 'time-down' | 'size-up' | 'size-down'

export interface Arrangement {
  search: string
  kind: Kind | 'all'
  sort: SortOrder
}

export function entryOf(object: ListedObject): FileEntry {
  const sealed = object.metadata && !('invalid' in object.metadata) ? object.metadata : null
  const name = sealed?.file_name || baseName(object.key)
  const tags = sealed?.tags ?? []
  const time = Date.parse(sealed?.uploaded_at ?? object.last_modified ?? '')
  return {
    kind: kindOf(name),
    key: object.key,
    name,
    tags,
    size: object.size,
    time: Number.isNaN(time) ? null : time,
    object,
    text: folded([name, object.key, ...tags].join('\n')),
  }
}

/** As people compare words: without case, accents of one spelling, or width. */
export const folded = (text: string): string => text.normalize('NFKC').toLocaleLowerCase()

export function arranged(entries: readonly FileEntry[], { search, kind, sort }: Arrangement, language: string): FileEntry[] {
  const wanted = folded(search).split(/\s+/).filter((word) => word !== '')
  const kept = entries.filter((entry) => (kind === 'all' || entry.kind === kind) && wanted.every((word) => entry.text.includes(word)))
  return kept.sort(comparison(sort, language))
}

function comparison(sort: SortOrder, language: string): (a: FileEntry, b: FileEntry) => number {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' })
  const byName = (a: FileEntry, b: FileEntry): number => collator.compare(a.name, b.name) || (a.key < b.key ? -1 : 1)
  const direction = sort.endsWith('-up') ? 1 : -1
  const by = sort.slice(0, sort.indexOf('-'))
  if (by === 'name') return (a, b) => direction * byName(a, b)
  const value = by === 'size' ? (entry: FileEntry): number => entry.size : (entry: FileEntry): number => entry.time ?? 0
  return (a, b) => direction * (value(a) - value(b)) || byName(a, b)
}
