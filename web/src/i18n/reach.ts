/** What the CDN does about copies of what changed: `invalidated`, or `expires-in SECONDS`. */

import type { Reach } from '../api/wire.ts'
import type { Messages } from './en.ts'
import { formatDuration } from './format.ts'

export function reachText({ cdn }: Messages, reach: Reach | undefined, language: string): string | null {
  if (reach === undefined) return null
  if (reach === 'invalidated') return cdn.invalidated
  const seconds = /^expires-in (\d+)$/.exec(reach)?.[1]
  return seconds === undefined ? null : cdn.expires(formatDuration(Number(seconds), language))
}

/** Of several changes, the one that takes longest to be seen. */
export function slowest(reaches: (Reach | undefined)[]): Reach | undefined {
  const seconds = (reach: Reach | undefined): number => (reach === undefined ? -1 : Number(/^expires-in (\d+)$/.exec(reach)?.[1] ?? 0))
  return reaches.reduce((worst, reach) => (seconds(reach) > seconds(worst) ? reach : worst), undefined)
}
