/** A key that is taken: the person says what to do, once or for all. */

import { signal } from '@preact/signals'

export type Resolution = 'keep-both' | 'replace' | 'skip'

export interface Conflict {
  key: string
  mayReplace: boolean
  answer: (resolution: Resolution, forAll: boolean) => void
}

/** The one that is being asked about; the others wait behind it. */
export const conflict = signal<Conflict | null>(null)

interface Waiting {
  key: string
  mayReplace: boolean
  settle: (resolution: Resolution) => void
}

const waiting: Waiting[] = []
let forAll: Resolution | null = null

/** Asks what to do about a taken key; resolves at once where the answer was given for all. */
export function resolutionFor(key: string, mayReplace: boolean, aborted: AbortSignal): Promise<Resolution> {
  const given = applicable(forAll, mayReplace)
  if (given) return Promise.resolve(given)
  return new Promise((resolve, reject) => {
    const entry: Waiting = { key, mayReplace, settle: resolve }
    waiting.push(entry)
    aborted.addEventListener('abort', () => {
      const at = waiting.indexOf(entry)
      if (at < 0) return
      waiting.splice(at, 1)
      reject(aborted.reason)
      show()
    }, { once: true })
    show()
  })
}

/** What was answered "for all" counts for the files of one upload, not for those of tomorrow. */
export function forgetAnswers(): void {
  forAll = null
}

// "Replace all" replaces what may be replaced; for the others it is no answer.
const applicable = (resolution: Resolution | null, mayReplace: boolean): Resolution | null =>
  resolution === 'replace' && !mayReplace ? null : resolution

function show(): void {
  const first = waiting[0]
  if (first === undefined) {
    conflict.value = null
    return
  }
  if (conflict.peek()?.key === first.key) return
  conflict.value = {
    key: first.key,
    mayReplace: first.mayReplace,
    answer: (resolution, isForAll) => {
      if (isForAll) forAll = resolution
      const answered = isForAll ? waiting.filter((entry) => entry === first || applicable(resolution, entry.mayReplace)) : [first]
      for (const entry of answered) {
        waiting.splice(waiting.indexOf(entry), 1)
        entry.settle(resolution)
      }
      conflict.value = null
      show()
    },
  }
}
