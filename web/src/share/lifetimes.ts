/** How long links last: round times up to what the rule allows. */

const ROUND = [3600, 8 * 3600, 86_400, 3 * 86_400, 7 * 86_400]
const HOUR = 3600
/** The origin makes none that lasts longer, whatever the rule says. */
const MOST = 7 * 86_400

export interface Lifetimes {
  /** Seconds, ascending; the last is the most that is allowed. */
  choices: number[]
  usual: number
}

export function lifetimes(most: number): Lifetimes {
  const limit = Math.min(most, MOST)
  const choices = [...ROUND.filter((seconds) => seconds < limit), limit]
  return { choices, usual: choices.find((seconds) => seconds >= HOUR) ?? limit }
}
