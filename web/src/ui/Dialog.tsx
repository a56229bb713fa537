import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { Icon } from './Icon.tsx'

export interface DialogProps {
  title: string
  /** Asked to close: by its button, Escape, or a press beside it. `undefined` where it cannot be closed without an answer. */
  onClose?: (() => void) | undefined
  size?: 'small' | 'large'
  /** A question that interrupts: screen readers say it at once. */
  isAlert?: boolean
  onKeyDown?: (event: KeyboardEvent) => void
  children: ComponentChildren
}

/** The browser's own modal dialog: it keeps the focus inside and gives it back where it was. */
export function Dialog({ title, onClose, size = 'small', isAlert = false, onKeyDown, children }: DialogProps) {
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      class={`dialog ${size}`}
      role={isAlert ? 'alertdialog' : undefined}
      aria-labelledby={id}
      onKeyDown={onKeyDown}
      onCancel={(event) => { event.preventDefault(); onClose?.() }}
      onMouseDown={(event) => { if (event.target === element.current) onClose?.() }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          {onClose && <button type="button" class="icon" aria-label={words.value.page.close} onClick={onClose}><Icon name="close" /></button>}
        </header>
        {children}
      </div>
    </dialog>
  )
}
