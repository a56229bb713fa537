import { useId, useState } from 'preact/hooks'
import { addressOf } from '../api/client.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { who } from '../session/session.ts'
import { useFocus } from '../ui/focus.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { loadSealing } from './load.ts'
import { saltOf } from './passphrase.ts'
import { strengthOf } from './strength.ts'
import { isWanted, type WayProps } from './way.ts'

type Refused = 'short' | 'different' | 'wrong' | null

/** A passphrase, typed twice where it is to seal: a mistake would be another key. Where a file waits, the file says if it is right. */
export function PassphraseForm({ wanted, onKey, onBack }: WayProps) {
  const { keys: text } = words.value
  const [passphrase, setPassphrase] = useState('')
  const [repeated, setRepeated] = useState('')
  const [isShown, setShown] = useState(false)
  const [isRunning, setRunning] = useState(false)
  const [refused, setRefused] = useState<Refused>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const id = useId()
  const field = useFocus<HTMLInputElement>()
  const isNew = wanted === null
  const strength = strengthOf(passphrase)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setProblem(null)
    if (strength === 'short') return setRefused('short')
    if (isNew && passphrase !== repeated) return setRefused('different')
    setRefused(null)
    setRunning(true)
    try {
      const { engine, PublisherKey } = await loadSealing()
      const person = who.peek()?.publisher
      const salt = wanted?.salt ?? await saltOf(addressOf('.'), person?.publisher ?? '', person?.folder ?? null)
      const key = await PublisherKey.fromPassphrase(engine, passphrase, salt)
      if (isWanted(key, wanted)) return onKey(key)
      key.wipe()
      setRefused('wrong')
    } catch (error) {
      setProblem(asProblem(error))
    }
    setRunning(false)
  }
  const type = isShown ? 'text' : 'password'
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {isNew && <p>{text.passphraseLoss}</p>}
      {problem && <ProblemNotice problem={problem} />}
      {refused && <p class="notice error" role="alert">{text.refused[refused]}</p>}
      <div class="field">
        <label for={`${id}-first`}>{text.passphrase}</label>
        <input id={`${id}-first`} ref={field} type={type} value={passphrase} autocomplete="off" spellcheck={false} autofocus aria-describedby={isNew ? `${id}-strength` : undefined} aria-invalid={refused !== null} onInput={(event) => setPassphrase(event.currentTarget.value)} />
        {isNew && <p id={`${id}-strength`} class={`hint strength ${strength}`} aria-live="polite">{text.strength[strength]}</p>}
      </div>
      {isNew && (
        <div class="field">
          <label for={`${id}-second`}>{text.repeat}</label>
          <input id={`${id}-second`} type={type} value={repeated} autocomplete="off" spellcheck={false} aria-invalid={refused === 'different'} onInput={(event) => setRepeated(event.currentTarget.value)} />
        </div>
      )}
      <label class="check">
        <input type="checkbox" checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
        {text.show}
      </label>
      <div class="actions">
        {onBack && <button type="button" onClick={onBack}>{text.back}</button>}
        <button type="submit" class="primary" disabled={isRunning}>{isRunning ? text.deriving : text.usePassphrase}</button>
      </div>
      <p class="hidden-visually" role="status">{isRunning ? text.deriving : ''}</p>
    </form>
  )
}
