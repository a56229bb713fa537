/** Where the releases of a site stand, by its log and by what is in the bucket. */

import type { ListedRelease, LogEntry, ReleaseState } from '../api/wire.ts'

/** Of a release that is in the log, and no longer in the bucket. */
export type Standing = ReleaseState | 'removed'

export interface SiteRelease {
  id: string
  standing: Standing
  /** Its newest activation, as far as the log was read. */
  last: LogEntry | null
}

/** The API tells of a release that it was active only if that stands on the log's first page. */
export function standingOf(id: string, releases: readonly ListedRelease[], log: readonly LogEntry[]): Standing {
  const state = releases.find((release) => release.id === id)?.state
  if (state === undefined) return 'removed'
  return state === 'verified' && log.some((entry) => entry.release === id) ? 'superseded' : state
}

/** The releases in the bucket: the active one, those that wait for their activation, those that had one (the last first), the unfinished. */
export function arranged(releases: readonly ListedRelease[], log: readonly LogEntry[]): SiteRelease[] {
  const newest = new Map<string, LogEntry>()
  for (const entry of log) if (!newest.has(entry.release)) newest.set(entry.release, entry)
  const all = releases.map(({ id }): SiteRelease => ({ id, standing: standingOf(id, releases, log), last: newest.get(id) ?? null }))
  const rank: readonly Standing[] = ['active', 'verified', 'superseded', 'uploading']
  return all.sort((one, other) => rank.indexOf(one.standing) - rank.indexOf(other.standing) || (other.last?.n ?? 0) - (one.last?.n ?? 0) || (one.id < other.id ? -1 : 1))
}

/** What a rollback without a name goes to: what the newest activation replaced, if it is still there. */
export function rollbackTarget(releases: readonly ListedRelease[], log: readonly LogEntry[]): string | null {
  const before = log[0]?.replaced
  return before !== undefined && releases.some(({ id, state }) => id === before && (state === 'verified' || state === 'superseded')) ? before : null
}
