import { useId, useState } from 'preact/hooks'
import { asProblem, type Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { spacedId } from '../sealed/envelope.ts'
import { useFocus } from '../ui/focus.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { loadSealing } from './load.ts'
import { isWanted, type WayProps } from './way.ts'

/** Key files are a few hundred bytes; what is much larger is none, and is not read. */
const LARGEST = 64 * 1024

/** A key file that was saved before. */
export function KeyFileForm({ wanted, onKey, onBack }: WayProps) {
  const { keys: text } = words.value
  const [problem, setProblem] = useState<Problem | null>(null)
  const [other, setOther] = useState<string | null>(null)
  const id = useId()
  const field = useFocus<HTMLInputElement>()
  const read = async (file: File): Promise<void> => {
    setProblem(null)
    setOther(null)
    try {
      const { engine, PublisherKey } = await loadSealing()
      const key = await PublisherKey.fromFileText(engine, file.size > LARGEST ? '' : await file.text())
      if (isWanted(key, wanted)) return onKey(key)
      setOther(key.id)
      key.wipe()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {other && <p class="notice error" role="alert">{text.otherKey(spacedId(other))}</p>}
      <div class="field">
        <label for={`${id}-file`}>{text.file}</label>
        <input
          id={`${id}-file`}
          ref={field}
          type="file"
          accept=".json,application/json"
          autofocus
          aria-invalid={problem !== null || other !== null}
          onChange={(event) => {
            const field = event.currentTarget
            const chosen = field.files?.[0]
            if (!chosen) return
            // Choosing the same file again is another attempt.
            void read(chosen).finally(() => { field.value = '' })
          }}
        />
      </div>
      {onBack && <div class="actions"><button type="button" onClick={onBack}>{text.back}</button></div>}
    </>
  )
}
