import { useEffect, useId } from 'preact/hooks'
import type { Rule } from '../api/wire.ts'
import { formatDuration } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { ASKED, isAllowed, keepFor, keptFor, NEVER, shorterThan } from './caching.ts'
import { target } from './target.ts'
import { retarget } from './uploads.ts'

/** How long readers' copies are kept: by the rule, or shorter. */
export function CachingChoice({ rule }: { rule: Rule }) {
  const { upload } = words.value
  const id = useId()
  const longest = keptFor(rule.cache_control)
  const { caching } = target.value
  const inWords = (seconds: number): string => formatDuration(seconds, locale.value)
  const others = [...shorterThan(longest).map(keepFor), ASKED, NEVER].filter((choice) => isAllowed(choice, rule.cache_control))
  useEffect(() => { if (!isAllowed(caching, rule.cache_control)) retarget({ caching: undefined }) }, [rule])
  return (
    <div class="field">
      <label for={id}>{upload.caching}</label>
      <select id={id} value={caching ?? ''} aria-describedby={`${id}-hint`} onChange={(event) => retarget({ caching: event.currentTarget.value || undefined })}>
        <option value="">{longest > 0 ? upload.cachingByRule(inWords(longest)) : upload.cachingByRuleNone}</option>
        {others.map((choice) => <option key={choice} value={choice}>{named(choice, upload, inWords)}</option>)}
      </select>
      <p class="hint" id={`${id}-hint`}>{longest > 0 ? upload.cachingHint(inWords(longest)) : upload.cachingHintNone}</p>
    </div>
  )
}

function named(choice: string, upload: { cachingNever: string; cachingAsked: string; cachingFor: (lifetime: string) => string }, inWords: (seconds: number) => string): string {
  if (choice === NEVER) return upload.cachingNever
  return choice === ASKED ? upload.cachingAsked : upload.cachingFor(inWords(keptFor(choice)))
}
