import type { Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { problemText } from '../i18n/problems.ts'

/** A failure where it happened, with what to do about it. */
export function ProblemNotice({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <div class="notice error" role="alert">
      <p>{problemText(words.value, problem)}</p>
      {onRetry && <button type="button" onClick={onRetry}>{words.value.page.tryAgain}</button>}
    </div>
  )
}
