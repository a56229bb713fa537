/** Why a file was not taken, in words. */

import type { Refusal } from '../session/rules.ts'
import type { Messages } from './en.ts'
import { formatSize } from './format.ts'
import { locale } from './language.ts'

export function refusalText({ upload }: Messages, refusal: Refusal): string {
  switch (refusal.why) {
    case 'folder': return upload.refusedFolder
    case 'size': return upload.refusedSize(formatSize(refusal.most, locale.peek()))
    case 'type': return upload.refusedType(refusal.type, refusal.allowed.join(', '))
  }
}
