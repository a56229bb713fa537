/** Uppy's words with numbers of ours: it knows a part of a long list only. Pure. */

import type { Locale } from '@uppy/core/utils'

interface Words {
  selected: (number: number) => string
  start: (number: number) => string
  running: (number: number) => string
}

export function counting(locale: Locale, { selected, start, running }: Words, files: number): Locale {
  const whatever = (text: string): Record<number, string> => ({ 0: text, 1: text, 2: text })
  return {
    ...locale,
    strings: {
      ...locale.strings,
      xFilesSelected: whatever(selected(files)),
      uploadXFiles: whatever(start(files)),
      uploadXNewFiles: whatever(start(files)),
      uploadingXFiles: whatever(running(files)),
    },
  } as Locale
}
