/** Short messages at the edge of the page. They stay until they were there to be read, and longer under mouse or focus. */

import { signal } from '@preact/signals'

export interface Toast {
  id: number
  text: string
  kind: 'info' | 'error'
  action?: { label: string; run: () => void }
}

export interface ToastOptions {
  kind?: Toast['kind']
  action?: Toast['action']
}

export const toasts = signal<readonly Toast[]>([])

const MOST = 4
let last = 0

export function showToast(text: string, { kind = 'info', action }: ToastOptions = {}): void {
  const toast: Toast = { id: ++last, text, kind, ...(action ? { action } : {}) }
  const others = toasts.peek().filter((other) => other.text !== text)
  toasts.value = [...others.slice(1 - MOST), toast]
}

export function closeToast(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id)
}

/** Milliseconds that a message stays: longer with more to read, and with something to press. */
export const staysFor = (toast: Toast): number => (toast.action ? 20_000 : toast.kind === 'error' ? 12_000 : 4000) + toast.text.length * 40
