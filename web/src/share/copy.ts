/** A link with a lifetime, made and put on the clipboard. */

import { asProblem } from '../api/problem.ts'
import type { Share } from '../api/wire.ts'
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

export const makeLink = (key: string, seconds: number): Promise<Share> => api.share(key, seconds)

/** With one key: a link that lasts as long as is usual here, copied at once. */
export async function copyLink({ key, name }: { key: string; name: string }): Promise<void> {
  const { share } = words.peek()
  const most = rules().of(key)?.max_lifetime ?? 3600
  try {
    const link = await makeLink(key, lifetimes(most).usual)
    const until = formatTime(link.expires * 1000, locale.peek())
    if (await copyText(link.url)) showToast(share.copiedUntil(name, until))
    else showToast(share.copyFailed, { kind: 'error' })
  } catch (error) {
    showToast(problemText(words.peek(), asProblem(error)), { kind: 'error' })
  }
}
