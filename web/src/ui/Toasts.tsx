import { useEffect, useRef, useState } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { Icon } from './Icon.tsx'
import { closeToast, staysFor, toasts, type Toast } from './toasts.ts'

/** Drawn above dialogs as well: a popover that is shown again is the topmost. */
export function Toasts() {
  const shown = toasts.value
  const region = useRef<HTMLElement>(null)
  useEffect(() => {
    const element = region.current
    if (!element) return
    if (element.matches(':popover-open')) element.hidePopover()
    if (shown.length > 0) element.showPopover()
  }, [shown])
  return (
    <section ref={region} class="toasts" popover="manual" aria-label={words.value.page.notifications}>
      <div role="status">{shown.filter((toast) => toast.kind === 'info').map((toast) => <Message key={toast.id} toast={toast} />)}</div>
      <div role="alert">{shown.filter((toast) => toast.kind === 'error').map((toast) => <Message key={toast.id} toast={toast} />)}</div>
    </section>
  )
}

function Message({ toast }: { toast: Toast }) {
  const [isHeld, hold] = useState(false)
  useEffect(() => {
    if (isHeld) return
    const timer = setTimeout(() => closeToast(toast.id), staysFor(toast))
    return () => clearTimeout(timer)
  }, [isHeld, toast])
  const { action } = toast
  return (
    <div class={`toast ${toast.kind}`} onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocusIn={() => hold(true)} onFocusOut={() => hold(false)}>
      <p>{toast.text}</p>
      {action && <button type="button" class="link" onClick={() => { closeToast(toast.id); action.run() }}>{action.label}</button>}
      <button type="button" class="icon" aria-label={words.value.page.close} onClick={() => closeToast(toast.id)}><Icon name="close" /></button>
    </div>
  )
}
