/** Making another release the active one: asked first, done only over the release that was compared with. */

import { signal } from '@preact/signals'
import { asProblem, Problem } from '../api/problem.ts'
import type { LogEntry } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { api } from '../session/session.ts'
import { go } from '../ui/route.ts'
import { showToast } from '../ui/toasts.ts'
import { differenceOf, type Difference } from './difference.ts'
import { shortId } from './manifest.ts'
import { manifestOf } from './manifests.ts'
import * as store from './site.ts'

export interface Question {
  site: string
  id: string
  /** Whether it was active before. */
  isRollback: boolean
  /** What it would replace; `null` for nothing. */
  replaces: string | null
  /** Unknown until both manifests are there. */
  difference: Difference | null
  /** Why it is not known, or why the activation failed. */
  problem: Problem | null
  /** Who activated something else meanwhile. */
  overtaken: LogEntry | null
  isRunning: boolean
}

export const question = signal<Question | null>(null)

const patch = (of: Question, change: Partial<Question>): void => {
  // Closed, or another one by now.
  if (question.peek()?.id === of.id && question.peek()?.replaces === of.replaces) question.value = { ...of, ...change }
}

export function ask(site: string, id: string, isRollback: boolean, replaces: string | null): void {
  const asked: Question = { site, id, isRollback, replaces, difference: null, problem: null, overtaken: null, isRunning: false }
  void compare(asked)
}

export function close(): void {
  question.value = null
}

async function compare(asked: Question): Promise<void> {
  question.value = asked
  try {
    const [before, after] = await Promise.all([asked.replaces === null ? null : manifestOf(asked.site, asked.replaces), manifestOf(asked.site, asked.id)])
    patch(asked, { difference: differenceOf(before, after) })
  } catch (error) {
    patch(asked, { problem: asProblem(error) })
  }
}

export async function confirm(): Promise<void> {
  const asked = question.peek()
  if (asked === null || asked.isRunning) return
  question.value = { ...asked, isRunning: true, problem: null }
  const { releases: text } = words.peek()
  try {
    await api.activate(asked.site, asked.id, asked.replaces)
    close()
    showToast(text.activated(shortId(asked.id)))
    go({ section: 'sites', folder: asked.site })
    await store.open(asked.site)
  } catch (error) {
    const failure = asProblem(error)
    question.value = { ...asked, problem: failure }
    if (failure.code === 'release-conflict') await again(asked, failure)
  }
}

/** Says who was faster, and what an activation would replace now. */
async function again(asked: Question, failure: Problem): Promise<void> {
  await store.open(asked.site)
  const now = store.site.peek()
  const newest = now?.log[0]
  // Another change is under way, and is not in the log yet: the refusal says so.
  if (now === null || newest === undefined || now.name !== asked.site || now.active === asked.replaces) return
  await compare({ ...asked, replaces: now.active, overtaken: newest, difference: null, problem: failure })
}
