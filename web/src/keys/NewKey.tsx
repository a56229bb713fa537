import { useEffect, useRef, useState } from 'preact/hooks'
import { asProblem, type Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { spacedId } from '../sealed/envelope.ts'
import type { PublisherKey } from '../sealing/keys.ts'
import { useFocus } from '../ui/focus.ts'
import { saveBlob } from '../ui/save.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { loadSealing } from './load.ts'
import type { WayProps } from './way.ts'

/** A key of the browser's random generator: shown once, and used only after the person says that it is saved. */
export function NewKey({ onKey, onBack }: WayProps) {
  const { page } = words.value
  const [key, setKey] = useState<PublisherKey | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const isTaken = useRef(false)
  useEffect(() => {
    let made: PublisherKey | null = null
    let isGone = false
    const make = async (): Promise<void> => {
      const { engine, PublisherKey } = await loadSealing()
      made = await PublisherKey.generate(engine)
      if (isGone) made.wipe()
      else setKey(made)
    }
    make().catch((error: unknown) => setProblem(asProblem(error)))
    return () => {
      isGone = true
      // Nobody wanted it.
      if (!isTaken.current) made?.wipe()
    }
  }, [])
  if (problem) return <ProblemNotice problem={problem} />
  if (key === null) return <p class="quiet" role="status">{page.loading}</p>
  return <Made made={key} onUse={() => { isTaken.current = true; onKey(key) }} onBack={onBack} />
}

function Made({ made: key, onUse, onBack }: { made: PublisherKey; onUse: () => void; onBack: WayProps['onBack'] }) {
  const { keys: text } = words.value
  const [isSaved, setSaved] = useState(false)
  const save = useFocus<HTMLButtonElement>()
  return (
    <>
      <p>{text.loss}</p>
      <div class="field">
        <span>{text.yourKey} <code class="key-id">{spacedId(key.id)}</code></span>
        <pre class="key-text" tabIndex={0} aria-label={text.keyText}>{key.toFileText()}</pre>
      </div>
      <button type="button" ref={save} onClick={() => saveBlob(new Blob([key.toFileText()], { type: 'application/json' }), key.fileName)}>{text.save}</button>
      <label class="check">
        <input type="checkbox" checked={isSaved} onChange={(event) => setSaved(event.currentTarget.checked)} />
        {text.saved}
      </label>
      <div class="actions">
        {onBack && <button type="button" onClick={onBack}>{text.back}</button>}
        <button type="button" class="primary" disabled={!isSaved} onClick={onUse}>{text.useNew}</button>
      </div>
    </>
  )
}
