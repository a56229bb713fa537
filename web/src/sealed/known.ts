/** Which objects are known to be sealed in a browser: from listings with metadata, from details, and from what this tab sealed. */

import { signal } from '@preact/signals'
import type { Description, ListedObject } from '../api/wire.ts'
import { publisherKeyId } from './envelope.ts'

export const knownSealed = signal<ReadonlySet<string>>(new Set())

/** A page of a listing, all at once. */
export function noteListed(objects: readonly Pick<ListedObject, 'key' | 'envelope'>[]): void {
  const next = new Set(knownSealed.peek())
  for (const { key, envelope } of objects) {
    if (envelope === undefined) continue
    if (publisherKeyId(envelope) === null) next.delete(key)
    else next.add(key)
  }
  if (next.size !== knownSealed.peek().size || objects.some(({ key }) => next.has(key) !== knownSealed.peek().has(key))) knownSealed.value = next
}

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
