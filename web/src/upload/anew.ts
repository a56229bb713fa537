/**
 * Names of sealed uploads that a reload ended. They cannot go on: the file may have changed, and a nonce must never meet two texts. All
 * that is kept of them is what they are called, in this tab, so that the list can say what has to be chosen again.
 */

import { signal } from '@preact/signals'

export const startingAnew = signal<readonly string[]>([])

const KEPT = 'keyfront-sealed-unfinished'
/** A longer list helps nobody. */
export const MOST_NAMES = 100

/** `owner` is whose uploads these are: another person who signs in is shown none of them. */
export function keepNames(owner: string, names: readonly string[]): void {
  try {
    if (names.length === 0) sessionStorage.removeItem(KEPT)
    else sessionStorage.setItem(KEPT, JSON.stringify({ owner, names: names.slice(0, MOST_NAMES) }))
  } catch {
    // Without storage nothing is said after a reload.
  }
}

export function takeNames(owner: string): void {
  try {
    startingAnew.value = namesOf(sessionStorage.getItem(KEPT), owner)
    sessionStorage.removeItem(KEPT)
  } catch {
    // As above.
  }
}

export function namesOf(text: string | null, owner: string): string[] {
  const kept: unknown = JSON.parse(text ?? 'null')
  if (typeof kept !== 'object' || kept === null || !('owner' in kept) || kept.owner !== owner || !('names' in kept) || !Array.isArray(kept.names)) return []
  return kept.names.filter((name) => typeof name === 'string')
}

/** It was chosen again, or the person does not want to. */
export function noLongerAnew(names: readonly string[] = startingAnew.peek()): void {
  if (startingAnew.peek().length > 0) startingAnew.value = startingAnew.peek().filter((name) => !names.includes(name))
}
