/** Deleting and taking it back. Deletion is asked about once, and undone with one press. */

import { signal } from '@preact/signals'
import { baseName, thumbnailKey } from '../api/paths.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import type { Reach } from '../api/wire.ts'
import { locale, words } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'
import { reachText, slowest } from '../i18n/reach.ts'
import { closeDetails, detailed } from '../gallery/details.ts'
import { kindOf } from '../gallery/kind.ts'
import * as store from '../gallery/store.ts'
import { api, rules } from '../session/session.ts'
import { showToast } from '../ui/toasts.ts'
import { eachOf } from './each.ts'

/** Keys that somebody wants to delete, while they are asked about it. */
export const removing = signal<readonly string[] | null>(null)

export const askToRemove = (keys: readonly string[]): void => { removing.value = keys }

export async function remove(keys: readonly string[]): Promise<void> {
  const { remove: text } = words.peek()
  const gone: string[] = []
  const reaches: (Reach | undefined)[] = []
  let failure: Problem | null = null
  await eachOf(keys, async (key) => {
    try {
      const { cdn } = await api.remove(key)
      gone.push(key)
      reaches.push(cdn)
      await withThumbnail(key, 'DELETE', (thumbnail) => api.remove(thumbnail))
    } catch (error) {
      failure = asProblem(error)
    }
  })
  store.drop(new Set(gone))
  if (detailed.peek() !== null && gone.includes(detailed.peek() ?? '')) closeDetails()
  if (gone.length > 0) {
    const reach = reachText(words.peek(), slowest(reaches), locale.peek())
    showToast([text.done(gone.length), reach].filter(Boolean).join(' '), { action: { label: text.undo, run: () => void undo(gone) } })
  }
  if (failure !== null) showToast(`${text.failed(keys.length - gone.length)} ${problemText(words.peek(), failure)}`, { kind: 'error' })
}

async function undo(keys: readonly string[]): Promise<void> {
  const { remove: text } = words.peek()
  const back: string[] = []
  let failure: Problem | null = null
  await eachOf(keys, async (key) => {
    try {
      const version = await newestVersion(key)
      if (version === null) return
      await bringBack(key, version)
      back.push(key)
    } catch (error) {
      failure = asProblem(error)
    }
  })
  if (back.length > 0) showToast(text.undone(back.length))
  if (back.length < keys.length) showToast([text.undoFailed, failure && problemText(words.peek(), failure)].filter(Boolean).join(' '), { kind: 'error' })
}

/** Makes an earlier version the current one, and shows it where it belongs. */
export async function bringBack(key: string, version: string): Promise<Reach | undefined> {
  const { cdn } = await api.restore(key, version)
  await withThumbnail(key, 'PUT', async (thumbnail) => {
    const earlier = await newestVersion(thumbnail)
    if (earlier !== null) await api.restore(thumbnail, earlier)
  })
  await store.admit(key).catch(() => {})
  return cdn
}

/** The newest version that is not itself a deletion. */
async function newestVersion(key: string): Promise<string | null> {
  if (rules().allows('HEAD', key)) {
    const { versions } = await api.versions(key)
    return versions.find(({ deleted }) => !deleted)?.version ?? null
  }
  const { objects } = await api.deleted(key)
  return objects.find((object) => object.key === key)?.version ?? null
}

/** The small picture goes and comes with its original; where there is none, or it may not, that is nobody's concern. */
async function withThumbnail(key: string, method: 'DELETE' | 'PUT', act: (thumbnail: string) => Promise<unknown>): Promise<void> {
  const thumbnail = thumbnailKey(key)
  if (kindOf(baseName(key)) === 'image' && rules().allows(method, thumbnail)) await act(thumbnail).catch(() => {})
}
