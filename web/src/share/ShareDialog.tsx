import { signal } from '@preact/signals'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { asProblem, type Problem } from '../api/problem.ts'
import { formatDuration, formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { rules } from '../session/session.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { copyText, makeLink, type Link } from './copy.ts'
import { lifetimes } from './lifetimes.ts'

export const shared = signal<{ key: string; name: string } | null>(null)

/** The link is made as soon as the dialog is there, and the button that copies it has the focus: Enter is enough. */
export function ShareDialog() {
  const subject = shared.value
  return subject && <Open key={subject.key} subject={subject} />
}

function Open({ subject }: { subject: { key: string; name: string } }) {
  const { share } = words.value
  const { choices, usual } = lifetimes(rules().of(subject.key)?.max_lifetime ?? 3600)
  const [seconds, setSeconds] = useState(usual)
  const [link, setLink] = useState<Link | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)
  const [isCopied, setCopied] = useState<boolean | null>(null)
  const copyButton = useRef<HTMLButtonElement>(null)
  const address = useRef<HTMLInputElement>(null)
  const id = useId()
  useEffect(() => {
    let isCurrent = true
    setLink(null)
    setProblem(null)
    setCopied(null)
    makeLink(subject, seconds).then((made) => { if (isCurrent) setLink(made) }, (error: unknown) => { if (isCurrent) setProblem(asProblem(error)) })
    return () => { isCurrent = false }
  }, [seconds, attempt])
  useEffect(() => { if (link) copyButton.current?.focus() }, [link])
  const copy = async (): Promise<void> => {
    if (!link) return
    const done = await copyText(link.url)
    setCopied(done)
    if (!done) address.current?.select()
  }
  return (
    <Dialog title={share.title} onClose={() => { shared.value = null }}>
      <p>{(link?.isSealed ? share.sealedText : share.text)(subject.name)}</p>
      <div class="field">
        <label for={`${id}-time`}>{share.lifetime}</label>
        <select id={`${id}-time`} value={String(seconds)} onChange={(event) => setSeconds(Number(event.currentTarget.value))}>
          {choices.map((choice) => <option key={choice} value={String(choice)}>{formatDuration(choice, locale.value)}</option>)}
        </select>
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={() => setAttempt(attempt + 1)} />}
      <div class="field">
        <label for={`${id}-link`}>{share.link}</label>
        <div class="joined">
          <input id={`${id}-link`} ref={address} readOnly value={link?.url ?? ''} placeholder={problem ? '' : share.making} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="primary" ref={copyButton} disabled={!link} onClick={() => void copy()}><Icon name={isCopied ? 'check' : 'copy'} />{share.copy}</button>
        </div>
      </div>
      <p role="status" class="quiet">
        {isCopied === true && `${share.copied} `}
        {isCopied === false && `${share.copyFailed} `}
        {link && (link.validity === 'at-most' ? share.atMost : share.expires)(formatTime(link.expires * 1000, locale.value))}
      </p>
    </Dialog>
  )
}
