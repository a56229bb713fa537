/**
 * The publisher's own keys, in the memory of this tab and nowhere else: a reload forgets them, and nothing here writes them down.
 *
 * Several may be held, since files of one folder may have been sealed with several; new files are sealed with one.
 */

import { computed, signal } from '@preact/signals'
import type { KeyDescription, PublisherKey } from '../sealing/keys.ts'

export const keys = signal<readonly PublisherKey[]>([])

const chosen = signal<string | null>(null)
/** The key that new files are sealed with. */
export const sealingKey = computed(() => keys.value.find(({ id }) => id === chosen.value) ?? null)

/** Takes a key over. One that is held already is wiped, and the held one returned. */
export function hold(key: PublisherKey): PublisherKey {
  const held = keys.peek().find(({ id }) => id === key.id)
  if (held === undefined) keys.value = [...keys.peek(), key]
  else if (held !== key) key.wipe()
  return held ?? key
}

/** New files are sealed with this one from now on. */
export function sealWith(key: PublisherKey): void {
  chosen.value = hold(key).id
}

/** Wipes a key. What is sealed with it opens again only after it was entered again. */
export function letGo(key: PublisherKey): void {
  keys.value = keys.peek().filter((held) => held !== key)
  if (chosen.peek() === key.id) chosen.value = null
  key.wipe()
}

export function letAllGo(): void {
  for (const key of keys.peek()) letGo(key)
}

/** The held key that an object asks for. */
export const heldFor = (description: KeyDescription): PublisherKey | null => keys.peek().find((key) => key.fits(description)) ?? null
