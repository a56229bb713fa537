import { useEffect, useState } from 'preact/hooks'
import { unreachable, type Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'

type Sites = typeof import('./Sites.tsx')

/** Most publishers have no site: what shows them comes in when it is first opened. */
export function SitesSection() {
  const [loaded, setLoaded] = useState<Sites | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const load = (): void => {
    setProblem(null)
    import('./Sites.tsx').then(setLoaded, () => setProblem(unreachable()))
  }
  useEffect(load, [])
  if (problem) return <ProblemNotice problem={problem} onRetry={load} />
  return loaded === null ? <p class="quiet" role="status">{words.value.page.loading}</p> : <loaded.Sites />
}
