import { choose, language, LANGUAGES, words, type Language } from '../i18n/language.ts'

export function LanguageSwitch() {
  return (
    <select class="language" aria-label={words.value.page.language} value={language.value} onChange={(event) => void choose(event.currentTarget.value as Language)}>
      {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
    </select>
  )
}
