/** Brings in what seals and opens, when it is first needed. */

import { unreachable } from '../api/problem.ts'

export type Sealing = typeof import('./sealing.ts')

/** @throws {Problem} `network` where it cannot be loaded. */
export function loadSealing(): Promise<Sealing> {
  return import('./sealing.ts').catch(() => Promise.reject(unreachable()))
}
