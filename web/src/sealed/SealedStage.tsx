import { useEffect, useRef, useState } from 'preact/hooks'
import { asProblem, isAbort, type Problem } from '../api/problem.ts'
import type { Description } from '../api/wire.ts'
import { formatShare } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { SEAL_LENGTH } from '../session/rules.ts'
import type { OpenedFile } from '../sealing/open.ts'
import { Icon } from '../ui/Icon.tsx'
import { useFocus } from '../ui/focus.ts'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { spacedId } from './envelope.ts'
import { OpenedView } from './OpenedView.tsx'
import { openSealed } from './opening.ts'

type State =
  | { is: 'closed'; problem: Problem | null }
  /** `opened` is `null` while the key is found. */
  | { is: 'opening'; opened: number | null }
  | { is: 'open'; file: OpenedFile }

/** Where a sealed file is opened: it comes, is verified and shown here, and is deleted when it is left. */
export function SealedStage({ described, name, keyId }: { described: Description; name: string; keyId: string }) {
  const { sealing, page } = words.value
  const [state, setState] = useState<State>({ is: 'closed', problem: null })
  const running = useRef<AbortController | null>(null)
  const discard = useRef<() => void>(() => {})
  useEffect(() => () => {
    running.current?.abort()
    discard.current()
  }, [])
  const open = async (): Promise<void> => {
    const controller = running.current = new AbortController()
    const { signal } = controller
    setState({ is: 'opening', opened: null })
    try {
      const file = await openSealed({
        described,
        name,
        signal,
        onBegin: () => setState({ is: 'opening', opened: 0 }),
        onProgress: (opened) => { if (!signal.aborted) setState({ is: 'opening', opened }) },
      })
      if (signal.aborted) return void file.discard()
      discard.current = () => void file.discard()
      setState({ is: 'open', file })
    } catch (error) {
      if (!signal.aborted || !isAbort(error)) setState({ is: 'closed', problem: asProblem(error) })
    }
  }
  const cancel = (): void => {
    running.current?.abort()
    setState({ is: 'closed', problem: null })
  }
  const length = Math.max(0, described.size - SEAL_LENGTH)
  switch (state.is) {
    case 'closed':
      return (
        <div class="no-preview sealed-stage">
          <Icon name="lock" />
          <p>{sealing.sealedWith} <code class="key-id">{spacedId(keyId)}</code></p>
          <p>{sealing.openHint}</p>
          {state.problem && <ProblemNotice problem={state.problem} />}
          <Action key={state.problem?.code ?? ''} label={state.problem ? page.tryAgain : sealing.open} isFocused={state.problem !== null} onPress={() => void open()} />
        </div>
      )
    case 'opening':
      return (
        <div class="no-preview sealed-stage">
          <Icon name="lock" />
          {state.opened !== null && <progress value={state.opened} max={length || 1} aria-label={sealing.opening} />}
          <p role="status">{state.opened === null ? page.loading : progressText(state.opened, length)}</p>
          <Action label={page.cancel} isFocused onPress={cancel} />
        </div>
      )
    case 'open':
      return <OpenedView file={state.file} />
  }
}

/** It stands where the one before had the focus. */
function Action({ label, isFocused, onPress }: { label: string; isFocused: boolean; onPress: () => void }) {
  const button = useFocus<HTMLButtonElement>(isFocused)
  return <button type="button" class="primary" ref={button} onClick={onPress}>{label}</button>
}

/** By tenths, since every change is read out. */
function progressText(opened: number, length: number): string {
  const { sealing } = words.value
  if (opened === length) return sealing.verifying
  return sealing.progress(formatShare(Math.floor((10 * opened) / length) / 10, locale.value))
}
