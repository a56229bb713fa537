/** A link with a lifetime, made and put on the clipboard. */

import { asProblem } from '../api/problem.ts'
import type { Share } from '../api/wire.ts'
import { publisherKeyId } from '../sealed/envelope.ts'
import { noteDescribed } from '../sealed/known.ts'
import { sealedLink } from '../sealed/sharing.ts'
import { formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'
import { api, rules } from '../session/session.ts'
import { showToast } from '../ui/toasts.ts'
import { lifetimes } from './lifetimes.ts'

/** Whether the browser let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

export interface Link extends Share {
  /** Whether the key of the file is in it. */
  isSealed: boolean
}

/** Of a sealed file the link opens it; anybody else's address would lead to ciphertext. */
export async function makeLink({ key, name }: { key: string; name: string }, seconds: number): Promise<Link> {
  const described = rules().allows('HEAD', key) ? await api.describe(key) : null
  if (described) noteDescribed(described)
  if (described && publisherKeyId(described.envelope) !== null) return { ...await sealedLink(described, name, seconds), isSealed: true }
  return { ...await api.share(key, seconds), isSealed: false }
}

/** With one key: a link that lasts as long as is usual here, copied at once. */
export async function copyLink(file: { key: string; name: string }): Promise<void> {
  const { share } = words.peek()
  const most = rules().of(file.key)?.max_lifetime ?? 3600
  try {
    const link = await makeLink(file, lifetimes(most).usual)
    const until = formatTime(link.expires * 1000, locale.peek())
    if (await copyText(link.url)) showToast([share.copiedUntil(file.name, until), link.isSealed && share.sealedCopied].filter(Boolean).join(' '))
    else showToast(share.copyFailed, { kind: 'error' })
  } catch (error) {
    showToast(problemText(words.peek(), asProblem(error)), { kind: 'error' })
  }
}
