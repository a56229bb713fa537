/**
 * Uploads that a reload ended and that cannot go on: sealed ones, since the file may have changed and a nonce must never meet two texts,
 * and those that waited far behind in a long list, which nobody kept. All that is kept of them is what the first ones are called and how
 * many there are, in this tab, so that the list can say what has to be chosen again.
 */

import { signal } from '@preact/signals'

export interface Ended {
  readonly names: readonly string[]
  /** How many there are besides. */
  readonly others: number
}

const NONE: Ended = { names: [], others: 0 }

export const startingAnew = signal<Ended>(NONE)

const KEPT = 'keyfront-sealed-unfinished'
/** A longer list helps nobody. */
export const MOST_NAMES = 100

/** `owner` is whose uploads these are: another person who signs in is shown none of them. `names` may be the first ones of `count`. */
export function keepNames(owner: string, names: readonly string[], count: number): void {
  try {
    const kept = names.slice(0, MOST_NAMES)
    if (count === 0) sessionStorage.removeItem(KEPT)
    else sessionStorage.setItem(KEPT, JSON.stringify({ owner, names: kept, others: count - kept.length }))
  } catch {
    // Without storage nothing is said after a reload.
  }
}

export function takeNames(owner: string): void {
  try {
    startingAnew.value = endedOf(sessionStorage.getItem(KEPT), owner)
    sessionStorage.removeItem(KEPT)
  } catch {
    // As above.
  }
}

export function endedOf(text: string | null, owner: string): Ended {
  const kept: unknown = JSON.parse(text ?? 'null')
  if (typeof kept !== 'object' || kept === null || !('owner' in kept) || kept.owner !== owner || !('names' in kept) || !Array.isArray(kept.names)) return NONE
  const others = 'others' in kept && typeof kept.others === 'number' && kept.others > 0 ? Math.floor(kept.others) : 0
  return { names: kept.names.filter((name) => typeof name === 'string'), others }
}

/** It was chosen again. Of the others nobody knows the names: whatever else is chosen is taken for one of them. */
export function chosenAgain(name: string): void {
  const { names, others } = startingAnew.peek()
  if (names.includes(name)) startingAnew.value = { names: names.filter((other) => other !== name), others }
  else if (others > 0) startingAnew.value = { names, others: others - 1 }
}

/** The person does not want to. */
export function forgetEnded(): void {
  startingAnew.value = NONE
}
