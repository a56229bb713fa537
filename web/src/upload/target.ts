/** Where files go that are added now, and how. */

import { signal } from '@preact/signals'
import type { EncryptionMode } from '../api/wire.ts'

export interface Target {
  folder: string
  encryption: EncryptionMode | undefined
  /** How long readers' copies are kept, as `cache_control` of the API; `undefined` for what the rule says. */
  caching: string | undefined
  /** Sealed in this tab, whatever S3 does besides. */
  isSealed: boolean
  tags: string
}

export const target = signal<Target>({ folder: '', encryption: undefined, caching: undefined, isSealed: false, tags: '' })
