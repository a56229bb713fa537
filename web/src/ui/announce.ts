/** What a screen reader says without anything being focused. */

import { signal } from '@preact/signals'

export const announcement = signal('')

export function announce(text: string): void {
  // The same words again are said only if they change.
  announcement.value = announcement.peek() === text ? `${text}\u00A0` : text
}
