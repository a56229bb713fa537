import { useId, useRef, useState } from 'preact/hooks'
import { asProblem, type Problem } from '../api/problem.ts'
import { words } from '../i18n/language.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { LanguageSwitch } from '../ui/LanguageSwitch.tsx'
import { Logo } from '../ui/Logo.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { startLogin } from './oidc.ts'
import { isInterrupted, refusal, settings, signIn, signOut } from './session.ts'

export function SignInPage() {
  const { signIn: text } = words.value
  return (
    <div class="sign-in">
      <main id="content">
        <Logo />
        <h1>{text.title}</h1>
        <p class="quiet">{text.intro}</p>
        <SignInForm />
      </main>
      <footer><LanguageSwitch /></footer>
    </div>
  )
}

/** Over the page of somebody whose credential was refused: what they were doing waits behind it. */
export function InterruptedDialog() {
  const { signIn: text, account } = words.value
  if (!isInterrupted.value) return null
  return (
    <Dialog title={text.again} isAlert>
      <p>{text.interrupted}</p>
      <SignInForm />
      <button type="button" class="link" onClick={() => void signOut()}>{account.signOut}</button>
    </Dialog>
  )
}

function SignInForm() {
  const { signIn: text } = words.value
  const { logins } = settings.value
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(refusal.value)
  const [isMissing, setMissing] = useState(false)
  const [isShown, setShown] = useState(false)
  const [remember, setRemember] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    // Pasted text often brings spaces and line ends along.
    const token = field.current?.value.replace(/\s+/g, '') ?? ''
    setMissing(token === '')
    if (token === '') return field.current?.focus()
    setRunning(true)
    setProblem(null)
    try {
      await signIn(token, remember)
    } catch (error) {
      setProblem(asProblem(error))
      setRunning(false)
      field.current?.focus()
    }
  }
  const rememberBox = (
    <label class="check">
      <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
      {text.remember}
    </label>
  )
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {logins.map((login) => (
        <button key={login.issuer} type="button" class="primary wide" onClick={() => void startLogin(login, remember).catch((error: unknown) => setProblem(asProblem(error)))}>{text.with(login.issuer)}</button>
      ))}
      {logins.length > 0 && <p class="divider"><span>{text.or}</span></p>}
      <form onSubmit={(event) => void submit(event)} noValidate>
        <div class="field">
          <label for={`${id}-token`}>{text.token}</label>
          <input
            id={`${id}-token`}
            ref={field}
            type={isShown ? 'text' : 'password'}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            aria-invalid={isMissing || problem !== null}
            autofocus={logins.length === 0}
          />
          <p id={`${id}-hint`} class="hint">{isMissing ? text.missing : text.tokenHint}</p>
        </div>
        <label class="check">
          <input type="checkbox" checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
          {text.show}
        </label>
        {rememberBox}
        <button type="submit" class={`wide ${logins.length === 0 ? 'primary' : ''}`} disabled={isRunning}>{text.submit}</button>
      </form>
    </>
  )
}
