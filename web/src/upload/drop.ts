/** Files that are dropped or pasted anywhere on the page, not only on Uppy's own area. */

import { getDroppedFiles } from '@uppy/core/utils'
import { rules } from '../session/session.ts'
import { go, route } from '../ui/route.ts'
import { signal } from '@preact/signals'
import { target } from './target.ts'
import { retarget, uploads } from './uploads.ts'

export const isDragging = signal(false)

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
/** Uppy takes these itself. */
const isUppys = (event: Event): boolean => event.target instanceof Element && event.target.closest('.uppy-Root') !== null

export function acceptDrops(): () => void {
  let depth = 0
  const listeners: [keyof DocumentEventMap, (event: never) => void][] = [
    ['dragenter', (event: DragEvent) => { if (hasFiles(event)) { depth += 1; isDragging.value = !isUppys(event) } }],
    ['dragleave', (event: DragEvent) => { if (hasFiles(event)) { depth -= 1; if (depth <= 0) isDragging.value = false } }],
    ['dragover', (event: DragEvent) => { if (hasFiles(event)) event.preventDefault() }],
    ['drop', (event: DragEvent) => {
      depth = 0
      isDragging.value = false
      if (!hasFiles(event)) return
      // Without this the browser would leave the page for the file.
      event.preventDefault()
      if (!isUppys(event) && event.dataTransfer) void getDroppedFiles(event.dataTransfer).then(take)
    }],
    ['paste', (event: ClipboardEvent) => {
      const files = [...event.clipboardData?.files ?? []]
      if (files.length === 0 || isUppys(event)) return
      event.preventDefault()
      take(files)
    }],
  ]
  for (const [name, listener] of listeners) document.addEventListener(name, listener as EventListener)
  return () => { for (const [name, listener] of listeners) document.removeEventListener(name, listener as EventListener) }
}

/** Where somebody looks is where their files go. */
function take(files: readonly File[]): void {
  const { section, folder } = route.peek()
  if (section === 'files' && rules().allows('PUT', folder)) retarget({ folder })
  else if (!rules().allows('PUT', target.peek().folder)) retarget({ folder: rules().roots('PUT')[0] ?? '' })
  try {
    uploads().addFiles(files.map((file) => ({ source: 'drop', name: file.name, type: file.type, data: file, meta: { folder: target.peek().folder, relativePath: (file as File & { relativePath?: string | null }).relativePath ?? null } })))
  } catch {
    // Uppy says on the page what it did not take.
  }
  go({ section: 'upload' })
}
