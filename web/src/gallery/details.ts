/** The file whose details are shown. */

import { signal } from '@preact/signals'

export const detailed = signal<string | null>(null)

export const openDetails = (key: string): void => { detailed.value = key }
export const closeDetails = (): void => { detailed.value = null }
