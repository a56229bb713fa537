/** What a problem means for the person, what to do, and what to quote when asking for help. */

import type { Problem } from '../api/problem.ts'
import type { Messages } from './en.ts'

export function problemText(words: Messages, problem: Problem): string {
  return `${explanation(words, problem)} ${reference(words, problem)}`
}

/** What to quote of it, for those who say in words of their own what it means. */
export function reference({ page }: Messages, { code, requestId }: Problem): string {
  return `(${[code, requestId === null ? null : page.request(requestId)].filter(Boolean).join(', ')})`
}

/** Codes whose detail names what the person can change; of the others it is for operators. */
const DETAILED = new Set(['forbidden', 'share-refused', 'upload-refused', 'header-invalid', 'login-refused', 'lifetime-refused', 'storage'])

function explanation({ problems, unknownProblem }: Messages, problem: Problem): string {
  const known = Object.hasOwn(problems, problem.code) ? problems[problem.code as keyof typeof problems] : undefined
  const text = known ?? (problem.status >= 500 ? problems['server-busy'] : unknownProblem(problem.title))
  return problem.detail !== null && DETAILED.has(problem.code) ? `${text} ${sentence(problem.detail)}` : text
}

const sentence = (text: string): string => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}
