/** What distinguishes two releases, by their manifests: as `keyfront releases diff` has it. */

import type { Manifest, ReleaseFile, Variant } from '../api/wire.ts'

export type Kind = 'added' | 'changed' | 'moved' | 'removed'

export const KINDS: readonly Kind[] = ['added', 'changed', 'moved', 'removed']

/** A path that readers find otherwise after the switch. */
export interface Change {
  kind: Kind
  path: string
  /** Where the same bytes were, of what was moved. */
  from?: string
  /** Of what was changed: the bytes, or only what is sent along with them. */
  what?: 'content' | 'headers'
  /** Bytes, before and after; `null` where there is no file. */
  before: number | null
  after: number | null
}

export interface Difference {
  /** In the order of `KINDS`, within each sorted by path as the manifests are. */
  changes: readonly Change[]
  counts: Readonly<Record<Kind, number>>
  /** Files that are exactly as they were. */
  same: number
}

/** From `before` (nothing, if there is none) to `after`. */
export function differenceOf(before: Manifest | null, after: Manifest): Difference {
  const gone = new Map((before?.files ?? []).map((file) => [file.path, file]))
  const fresh: ReleaseFile[] = []
  const changed: Change[] = []
  let same = 0
  for (const file of after.files) {
    const earlier = gone.get(file.path)
    gone.delete(file.path)
    if (earlier === undefined) fresh.push(file)
    else if (isSame(earlier, file)) same += 1
    else changed.push({ kind: 'changed', path: file.path, what: earlier.sha256 === file.sha256 ? 'headers' : 'content', before: earlier.size, after: file.size })
  }
  const { added, moved } = paired(gone, fresh)
  const removed = [...gone.values()].map((file): Change => ({ kind: 'removed', path: file.path, before: file.size, after: null }))
  const counts = { added: added.length, changed: changed.length, moved: moved.length, removed: removed.length }
  return { changes: [...added, ...changed, ...moved, ...removed], counts, same }
}

/** Takes from `gone` what is at another path now. Of several files with the same bytes the first gone one is the first new one, and so on. */
function paired(gone: Map<string, ReleaseFile>, fresh: readonly ReleaseFile[]): { added: Change[]; moved: Change[] } {
  const places = new Map<string, ReleaseFile[]>()
  for (const file of [...gone.values()].reverse()) {
    const others = places.get(file.sha256)
    if (others === undefined) places.set(file.sha256, [file])
    else others.push(file)
  }
  const added: Change[] = []
  const moved: Change[] = []
  for (const file of fresh) {
    const from = places.get(file.sha256)?.pop()
    if (from === undefined) {
      added.push({ kind: 'added', path: file.path, before: null, after: file.size })
      continue
    }
    gone.delete(from.path)
    moved.push({ kind: 'moved', path: file.path, from: from.path, before: from.size, after: file.size })
  }
  return { added, moved }
}

/** Bytes, headers and compressed forms. */
function isSame(one: ReleaseFile, other: ReleaseFile): boolean {
  return one.sha256 === other.sha256 && one.size === other.size && one.type === other.type && one.cache === other.cache && one.csp === other.csp
    && isSameVariant(one.variants?.br, other.variants?.br) && isSameVariant(one.variants?.gzip, other.variants?.gzip)
}

const isSameVariant = (one: Variant | undefined, other: Variant | undefined): boolean => one?.sha256 === other?.sha256 && one?.size === other?.size

/** What somebody looks for among the changes: of one kind or of all, with these letters in a path. */
export interface Wanted {
  kind: Kind | 'all'
  search: string
}

export function found(changes: readonly Change[], { kind, search }: Wanted): readonly Change[] {
  const letters = search.toLowerCase()
  if (kind === 'all' && letters === '') return changes
  const has = (path: string | undefined): boolean => path !== undefined && path.toLowerCase().includes(letters)
  return changes.filter((change) => (kind === 'all' || change.kind === kind) && (has(change.path) || has(change.from)))
}
