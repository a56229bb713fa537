/**
 * Golden Retriever for ten thousand files. It goes through all of them whenever one changes; here it sees the changes of a
 * moment together, so that its work grows with the files and not with their square. And it sees no file that is sealed: nothing of it may
 * lie on this machine in the clear, and it is never resumed.
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
      if (name === 'getState') return () => withoutSealed(target.getState())
      const value: unknown = Reflect.get(target, name, target)
      // Uppy's private members are on Uppy itself.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A file that becomes one to be sealed is gone from it: its copy is deleted. */
export function withoutSealed(state: PageState): PageState {
  const entries = Object.entries(state.files ?? {})
  const kept = entries.filter(([, { meta }]) => !meta.isSealed)
  if (kept.length === entries.length) return state
  const files = Object.fromEntries(kept)
  const uploads = Object.entries(state.currentUploads).map(([id, upload]) => [id, { ...upload, fileIDs: upload.fileIDs.filter((file) => file in files) }] as const)
  return { ...state, files, currentUploads: Object.fromEntries(uploads.filter(([, { fileIDs }]) => fileIDs.length > 0)) }
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
      if (from && to) listener(withoutSealed(from), withoutSealed(to))
    }, MOMENT)
  }
}
