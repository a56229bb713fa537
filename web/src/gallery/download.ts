/** Saving a file: by its own address where it has one, otherwise through the origin, which opens it. */

import { asProblem } from '../api/problem.ts'
import type { Description } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'
import { api } from '../session/session.ts'
import { saveBlob } from '../ui/save.ts'
import { showToast } from '../ui/toasts.ts'

export async function download(key: string, name: string, url: string | null, described: Description | null): Promise<void> {
  try {
    if (url !== null && !described?.envelope) return save(url, name)
    saveBlob(await (await api.read(key)).blob(), name)
  } catch (error) {
    showToast(problemText(words.peek(), asProblem(error)), { kind: 'error' })
  }
}

function save(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.rel = 'noopener noreferrer'
  link.target = '_blank'
  link.click()
}
