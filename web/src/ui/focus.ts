/** Moving the focus to what took the place of what had it. */

import { useEffect, useRef } from 'preact/hooks'
import type { RefObject } from 'preact'

/** The element has the focus from when it is there. `autofocus` alone counts only while a dialog opens. */
export function useFocus<T extends HTMLElement>(isWanted = true): RefObject<T> {
  const element = useRef<T>(null)
  useEffect(() => { if (isWanted) element.current?.focus() }, [])
  return element
}

/** The element takes the focus if what had it is gone: where a link led, the heading. Give it `tabIndex={-1}`. */
export function useFocusIfLost<T extends HTMLElement>(): RefObject<T> {
  const element = useRef<T>(null)
  useEffect(() => { if (document.activeElement === document.body) element.current?.focus() }, [])
  return element
}
