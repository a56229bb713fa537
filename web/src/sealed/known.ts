/**
 * Which objects are known to be sealed in a browser. Listings do not say, and asking for each one would be a call each: those that this
 * tab sealed, or whose details it has seen, are marked.
 */

import { signal } from '@preact/signals'
import type { Description } from '../api/wire.ts'
import { publisherKeyId } from './envelope.ts'

export const knownSealed = signal<ReadonlySet<string>>(new Set())

export function noteDescribed({ key, envelope }: Pick<Description, 'key' | 'envelope'>): void {
  note(key, publisherKeyId(envelope) !== null)
}

/** What was just stored under a key: another object than before. */
export function note(key: string, isSealed: boolean): void {
  if (knownSealed.peek().has(key) === isSealed) return
  const next = new Set(knownSealed.peek())
  if (isSealed) next.add(key)
  else next.delete(key)
  knownSealed.value = next
}
