/** Moving the focus to what took the place of what had it. */

import { useEffect, useRef } from 'preact/hooks'
import type { RefObject } from 'preact'

/** The element has the focus from when it is there. `autofocus` alone counts only while a dialog opens. */
export function useFocus<T extends HTMLElement>(isWanted = true): RefObject<T> {
  const element = useRef<T>(null)
  useEffect(() => { if (isWanted) element.current?.focus() }, [])
  return element
}
