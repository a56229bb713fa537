import type { InputHTMLAttributes } from 'preact'
import { useState } from 'preact/hooks'

type DraftInputProps = Omit<InputHTMLAttributes, 'value' | 'onInput' | 'onChange'> & {
  value: string
  /** Called once typing has ended, with what stands in the field. */
  onCommit: (text: string) => void
}

/**
 * A field whose value counts once its person has left it. Whatever else is drawn anew meanwhile (a list that arrives, say), what was
 * typed so far stays: an input of Preact's goes back to its `value` with every drawing.
 */
export function DraftInput({ value, onCommit, ...others }: DraftInputProps) {
  const [draft, setDraft] = useState<string | null>(null)
  return (
    <input
      {...others}
      value={draft ?? value}
      onInput={(event) => setDraft(event.currentTarget.value)}
      onChange={(event) => {
        setDraft(null)
        onCommit(event.currentTarget.value)
      }}
    />
  )
}
