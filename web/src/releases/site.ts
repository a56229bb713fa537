/** What is known of the site that is open: its log, its releases, and how far the active one has come. */

import { signal } from '@preact/signals'
import { asProblem, isAbort, type Problem } from '../api/problem.ts'
import type { Activation, ListedRelease, LogEntry, Release } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { api, onReturn } from '../session/session.ts'
import { announce } from '../ui/announce.ts'

export interface Site {
  name: string
  active: string | null
  /** The newest first, as far as it was read. */
  log: readonly LogEntry[]
  releases: readonly ListedRelease[]
  /** Of the earlier entries. */
  cursor: string | null
}

export const site = signal<Site | null>(null)
/** Of the active release. */
export const activation = signal<Activation | null>(null)
export const isLoading = signal(false)
export const problem = signal<Problem | null>(null)

/** Milliseconds. An activation takes 36 seconds to reach everybody; every question counts against the publisher's budget. */
const POLL_INTERVAL = 3000
const POLL_AFTER_FAILURE = 10_000

let running = new AbortController()
/** The site that somebody looks at. */
let opened: string | null = null

// Whoever signs in again finds what could not be read meanwhile.
onReturn(() => { if (opened !== null) void open(opened) })

/** Shows a site. What was known of it is shown until the answer is there. */
export async function open(name: string): Promise<void> {
  opened = name
  running.abort()
  running = new AbortController()
  const { signal: aborted } = running
  if (site.peek()?.name !== name) {
    site.value = null
    activation.value = null
  }
  problem.value = null
  isLoading.value = true
  try {
    const page = await api.releases(name, null, aborted)
    if (page.active !== site.peek()?.active) activation.value = null
    site.value = { name, active: page.active, log: page.log, releases: page.releases ?? [], cursor: page.next_cursor }
    void follow(name, page.active, aborted)
  } catch (error) {
    if (!isAbort(error)) problem.value = asProblem(error)
  } finally {
    if (!aborted.aborted) isLoading.value = false
  }
}

/** Nobody looks any more. */
export function leave(): void {
  opened = null
  running.abort()
}

/** The next page of the log. */
export async function loadMore(): Promise<void> {
  const known = site.peek()
  if (known === null || known.cursor === null || isLoading.peek()) return
  const { signal: aborted } = running
  isLoading.value = true
  problem.value = null
  try {
    const page = await api.releases(known.name, known.cursor, aborted)
    site.value = { ...known, log: [...known.log, ...page.log], cursor: page.next_cursor }
  } catch (error) {
    if (!isAbort(error)) problem.value = asProblem(error)
  } finally {
    if (!aborted.aborted) isLoading.value = false
  }
}

/** Asks for the active release until it is everywhere, or another one is active. */
async function follow(name: string, active: string | null, aborted: AbortSignal): Promise<void> {
  if (active === null) return
  let wait = 0
  let failure: Problem | null = null
  for (;;) {
    await pause(wait, aborted)
    if (aborted.aborted) return
    try {
      const release = await api.release(name, active, aborted)
      if (aborted.aborted) return
      if (release.state !== 'active') return void open(name)
      if (problem.peek() === failure) problem.value = null
      if (settled(release, wait > 0)) return
      wait = POLL_INTERVAL
    } catch (error) {
      if (isAbort(error)) return
      failure = asProblem(error)
      problem.value = failure
      if (!failure.isPassing || failure.code === 'release-log-altered') return
      wait = Math.max(POLL_AFTER_FAILURE, (failure.retryAfter ?? 0) * 1000)
    }
  }
}

/** Whether the active release is everywhere. Said aloud where somebody waits for it. */
function settled({ activation: reached }: Release, isWaited: boolean): boolean {
  activation.value = reached ?? null
  const isOver = reached?.state !== 'invalidating'
  if (isOver && isWaited && reached !== undefined) announce(words.peek().releases.reached)
  return isOver
}

function pause(milliseconds: number, aborted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    aborted.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
}
