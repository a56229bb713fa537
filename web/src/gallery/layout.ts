/** Tiles or a list. */

import { signal } from '@preact/signals'

export const layout = signal<'tiles' | 'rows'>('tiles')
