/** Which files are taken into the list, and what is said of those that are not. */

import { words } from '../i18n/language.ts'
import { refusalText } from '../i18n/refusals.ts'
import { refusalOf, SEAL_LENGTH } from '../session/rules.ts'
import { rules } from '../session/session.ts'
import { showToast } from '../ui/toasts.ts'
import { chosenAgain } from './anew.ts'
import { pathOf, type PageFile, type PlacedMeta } from './file.ts'
import { keyFor } from './names.ts'
import { target } from './target.ts'

/** Where a file goes and how, as `target` says now; `null` for a file that the rules refuse. */
export function placed(file: Pick<PageFile, 'name' | 'type' | 'size' | 'meta'>): PlacedMeta | null {
  const { folder, encryption, caching, isSealed, tags } = target.peek()
  const meta: PlacedMeta = { ...file.meta, folder, isSealed, tags: tags || (file.meta.tags ?? ''), ...(encryption ? { encryption } : {}), caching }
  const refusal = refusalOf(rules(), keyFor(folder, pathOf({ meta })), (file.size ?? 0) + (isSealed ? SEAL_LENGTH : 0), file.type || 'application/octet-stream')
  if (refusal === null) {
    chosenAgain(file.meta.name)
    return meta
  }
  refusedSoon(file.meta.name, refusalText(words.peek(), refusal))
  return null
}

const refusedNow: { name: string; why: string }[] = []

/** A folder may hold a thousand files that are refused: they are told together. */
export function refusedSoon(name: string, why: string): void {
  refusedNow.push({ name, why })
  if (refusedNow.length > 1) return
  setTimeout(() => {
    const all = refusedNow.splice(0)
    const [first] = all
    if (first) showToast(words.peek().upload.refused(first.name, first.why, all.length - 1), { kind: 'error' })
  })
}
