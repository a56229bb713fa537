/** What every way to a key is given. */

import type { KeyDescription, PublisherKey } from '../sealing/keys.ts'

export interface WayProps {
  wanted: KeyDescription | null
  onKey: (key: PublisherKey) => void
  /** Back to the other ways, where there are any. */
  onBack: (() => void) | undefined
}

/** Whether a key is the one that is asked for. What was sealed elsewhere may not say which that is. */
export const isWanted = (key: PublisherKey, wanted: KeyDescription | null): boolean => wanted === null || wanted.id === '' || key.fits(wanted)
