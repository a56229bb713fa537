/** The language of the page: what the browser prefers, or what the person chose. English is always there; others load when needed. */

import type { Locale } from '@uppy/core/utils'
import { signal } from '@preact/signals'
import { en, type Messages } from './en.ts'

export type Language = 'en' | 'de'

interface Loaded {
  messages: Messages
  uppy: Locale
}

/** Names in their own language. */
export const LANGUAGES: Record<Language, string> = { en: 'English', de: 'Deutsch' }

const LOADERS: Record<Language, () => Promise<Loaded>> = {
  en: async () => ({ messages: en, uppy: { strings: {} } as Locale }),
  de: async () => {
    const [{ de }, uppy] = await Promise.all([import('./de.ts'), import('@uppy/locales/lib/de_DE.js')])
    const { strings, ...rest } = uppy.default as Locale
    // A control's name has to contain what stands on it (WCAG 2.5.3).
    return { messages: de, uppy: { ...rest, strings: { ...strings, addMoreFiles: strings.addMore ?? '' } } as Locale }
  },
}

export const language = signal<Language>('en')
/** For numbers and times: the person's own variant of the language, such as British English. */
export const locale = signal<string>('en')
export const words = signal<Messages>(en)
export const uppyLocale = signal<Locale>({ strings: {} } as Locale)

const CHOICE = 'keyfront-language'

/** The first of the preferred languages that the page has. */
export function preferred(languages: readonly string[]): Language {
  for (const tag of languages) {
    const primary = tag.toLowerCase().split('-')[0] ?? ''
    if (primary in LANGUAGES) return primary as Language
  }
  return 'en'
}

export async function startLanguage(): Promise<void> {
  let chosen: string | null = null
  try {
    chosen = localStorage.getItem(CHOICE)
  } catch {
    // Without storage the browser's own preference counts.
  }
  await use(chosen !== null && chosen in LANGUAGES ? (chosen as Language) : preferred(navigator.languages))
}

export async function choose(next: Language): Promise<void> {
  try {
    localStorage.setItem(CHOICE, next)
  } catch {
    // As above.
  }
  await use(next)
}

async function use(next: Language): Promise<void> {
  const { messages, uppy } = await LOADERS[next]().catch(() => LOADERS.en())
  language.value = next
  locale.value = navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === next) ?? next
  words.value = messages
  uppyLocale.value = uppy
  document.documentElement.lang = next
}
