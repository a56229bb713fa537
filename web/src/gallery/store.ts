/** What is loaded of one folder, page by page, and what the person looks for in it. */

import { computed, signal } from '@preact/signals'
import { isThumbnail } from '../api/paths.ts'
import { asProblem, isAbort, type Problem } from '../api/problem.ts'
import type { ListedObject } from '../api/wire.ts'
import { locale } from '../i18n/language.ts'
import { api, rules } from '../session/session.ts'
import { noteListed } from '../sealed/known.ts'
import { retrying, type RetryPolicy } from '../upload/retry.ts'
import { arranged, entryOf, type Arrangement, type FileEntry } from './arrange.ts'
import { loadThumbnails, forgetThumbnails } from './thumbnails.ts'

const PAGE = 100
/** Loaded without being asked: what most folders have. */
const AT_ONCE = 200
/** Somebody waits: a server that is busy gets a moment, not minutes. */
const SOON: RetryPolicy = { attempts: 3, first: 400, most: 2000 }

export const folder = signal('')
export const isFlat = signal(false)
export const entries = signal<readonly FileEntry[]>([])
export const folders = signal<readonly string[]>([])
export const isLoading = signal(false)
export const isLoadingAll = signal(false)
/** Whether there is more than was loaded. */
export const hasMore = signal(false)
export const problem = signal<Problem | null>(null)
export const arrangement = signal<Arrangement>({ search: '', kind: 'all', sort: 'name-up' })
export const selection = signal<ReadonlySet<string>>(new Set())

export const shown = computed(() => arranged(entries.value, arrangement.value, locale.value))
export const shownFolders = computed(() => {
  const { search, kind } = arrangement.value
  if (kind !== 'all') return []
  const wanted = search.normalize('NFKC').toLocaleLowerCase()
  return folders.value.filter((name) => name.slice(folder.value.length).toLocaleLowerCase().includes(wanted))
})

let cursor: string | null = null
let running = new AbortController()

/** Shows a folder from its beginning. */
export function open(next: string, flat: boolean = isFlat.peek()): void {
  running.abort()
  running = new AbortController()
  folder.value = next
  isFlat.value = flat
  entries.value = []
  folders.value = []
  selection.value = new Set()
  problem.value = null
  hasMore.value = false
  isLoadingAll.value = false
  cursor = null
  forgetThumbnails()
  void load(AT_ONCE)
}

export const refresh = (): void => open(folder.peek())

/** The next page, if there is one and none is under way. */
export function loadMore(): void {
  if (hasMore.peek() && !isLoading.peek()) void load(PAGE)
}

export function loadAll(): void {
  if (!hasMore.peek() || isLoadingAll.peek()) return
  isLoadingAll.value = true
  if (!isLoading.peek()) void load(Infinity)
}

async function load(most: number): Promise<void> {
  const { signal: aborted } = running
  isLoading.value = true
  problem.value = null
  try {
    let loaded = 0
    do {
      const page = await retrying(() => api.list({ prefix: folder.peek(), cursor, limit: PAGE, folders: !isFlat.peek(), urls: true, metadata: rules().allowsListed('HEAD', folder.peek()) }, aborted), { signal: aborted }, SOON)
      if (aborted.aborted) return
      const objects = page.objects.filter(({ key }) => !isThumbnail(key) && key !== folder.peek())
      noteListed(objects)
      entries.value = [...entries.peek(), ...objects.map(entryOf)]
      folders.value = [...folders.peek(), ...(page.folders ?? []).filter((name) => !isThumbnail(name))]
      cursor = page.next_cursor
      hasMore.value = cursor !== null
      loaded += page.objects.length + (page.folders?.length ?? 0)
      void loadThumbnails(objects)
    } while (cursor !== null && (loaded < most || isLoadingAll.peek()))
  } catch (error) {
    if (!isAbort(error) && !aborted.aborted) problem.value = asProblem(error)
  } finally {
    if (!aborted.aborted) {
      isLoading.value = false
      isLoadingAll.value = false
    }
  }
}

/** Takes what was deleted off the list. */
export function drop(keys: ReadonlySet<string>): void {
  entries.value = entries.peek().filter(({ key }) => !keys.has(key))
  selection.value = new Set([...selection.peek()].filter((key) => !keys.has(key)))
}

/** Adds or replaces an object that was just stored or brought back, if it belongs to what is shown. */
export async function admit(key: string): Promise<void> {
  const rest = key.startsWith(folder.peek()) ? key.slice(folder.peek().length) : null
  if (rest === null || isThumbnail(key)) return
  const slash = rest.indexOf('/')
  if (!isFlat.peek() && slash >= 0) {
    const name = folder.peek() + rest.slice(0, slash + 1)
    if (!folders.peek().includes(name)) folders.value = [...folders.peek(), name].sort()
    return
  }
  const found = await listed(key)
  if (!found) return
  noteListed([found])
  entries.value = [...entries.peek().filter((entry) => entry.key !== key), entryOf(found)]
  void loadThumbnails([found])
}

/** More than these are not asked for one by one. */
const FEW = 4
const SETTLED = 1000
const stored = new Set<string>()

/** What was just uploaded, while somebody looks: few files are added, many are listed anew. */
export function admitSoon(key: string): void {
  stored.add(key)
  if (stored.size > 1) return
  setTimeout(() => {
    const keys = [...stored]
    stored.clear()
    if (keys.length > FEW) refresh()
    else for (const each of keys) void admit(each).catch(() => {})
  }, SETTLED)
}

/** One object as the listing has it, with an address that is fresh. */
export async function listed(key: string, signal?: AbortSignal): Promise<ListedObject | null> {
  const { objects } = await api.list({ prefix: key, limit: 1, urls: true, metadata: rules().allows('HEAD', key) }, signal)
  return objects.find((object) => object.key === key) ?? null
}

export function toggle(key: string): void {
  const next = new Set(selection.peek())
  if (!next.delete(key)) next.add(key)
  selection.value = next
}
