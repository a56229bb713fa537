/**
 * Golden Retriever for ten thousand files. It goes through all of them whenever one changes; here it sees the changes of a
 * moment together, so that its work grows with the files and not with their square.
 */

import type { State, Uppy } from '@uppy/core'
import GoldenRetriever, { type GoldenRetrieverOptions } from '@uppy/golden-retriever'
import type { FileBody, FileMeta } from './file.ts'

type PageUppy = Uppy<FileMeta, FileBody>
type PageState = State<FileMeta, FileBody>
type OnChange = (before: PageState, after: PageState, patch?: Partial<PageState>) => void

const MOMENT = 500

export class Keeper extends GoldenRetriever<FileMeta, FileBody> {
  constructor(uppy: PageUppy, options?: GoldenRetrieverOptions) {
    super(withCalmChanges(uppy), options)
  }
}

/** The same Uppy, but for those who listen to changes of its state. */
function withCalmChanges(uppy: PageUppy): PageUppy {
  const calm = new Map<unknown, OnChange>()
  const on = (event: string, listener: unknown): void => {
    if (event === 'state-update') calm.set(listener, gathered(listener as OnChange))
    uppy.on(event as 'state-update', (calm.get(listener) ?? listener) as OnChange)
  }
  const off = (event: string, listener: unknown): void => { uppy.off(event as 'state-update', (calm.get(listener) ?? listener) as OnChange) }
  return new Proxy(uppy, {
    get: (target, name) => {
      if (name === 'on') return on
      if (name === 'off') return off
      const value: unknown = Reflect.get(target, name, target)
      // Uppy's private members are on Uppy itself.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** The first state before and the last one after: it compares the two, and needs nothing between. */
export function gathered(listener: OnChange): OnChange {
  let first: PageState | null = null
  let last: PageState | null = null
  return (before, after) => {
    last = after
    if (first !== null) return
    first = before
    setTimeout(() => {
      const [from, to] = [first, last]
      first = last = null
      if (from && to) listener(from, to)
    }, MOMENT)
  }
}
