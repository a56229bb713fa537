/** Folders and files, of which only those are drawn that can be seen. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { openDetails } from './details.ts'
import { FileTile, FolderTile } from './Tile.tsx'
import { FileRow, FolderRow, RowHeads } from './Row.tsx'
import { layout } from './layout.ts'
import * as store from './store.ts'
import { drawn, moved } from './window.ts'
import { copyLink } from '../share/copy.ts'
import { askToRemove } from '../history/removal.ts'
import { rules } from '../session/session.ts'
import { go } from '../ui/route.ts'

/** In rem, as the style sheet has its sizes. */
const TILE_WIDTH = 10.75
const TILE_HEIGHT = 12.75
const ROW_HEIGHT = 3.5
/** Pixels above the end at which the next page is asked for. */
const AHEAD = 1200

export function Browser() {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800, width: 1000, rem: 16 })
  const files = store.shown.value
  const folders = store.shownFolders.value
  const isTiles = layout.value === 'tiles'
  const columns = isTiles ? Math.max(1, Math.floor(view.width / (TILE_WIDTH * view.rem))) : 1
  const rowHeight = (isTiles ? TILE_HEIGHT : ROW_HEIGHT) * view.rem
  const count = folders.length + files.length
  const part = drawn(count, { columns, rowHeight }, view)
  const { gallery } = words.value

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth, rem: Number.parseFloat(getComputedStyle(document.documentElement).fontSize) })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    measure()
    return () => { observer.disconnect(); element.removeEventListener('scroll', measure) }
  }, [])
  useLayoutEffect(() => {
    if (part.total - view.top - view.height < AHEAD) store.loadMore()
  }, [part.total, view.top, view.height, store.hasMore.value, store.isLoading.value])

  const focusItem = (at: number): void => {
    const element = scroller.current
    if (!element) return
    const top = Math.floor(at / columns) * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight - element.clientHeight
    // Drawn in the next frame, if it was not before.
    const attempt = (left: number): void => {
      const found = element.querySelector<HTMLElement>(`[data-at="${at}"]`)
      if (found) found.focus()
      else if (left > 0) requestAnimationFrame(() => attempt(left - 1))
    }
    requestAnimationFrame(() => attempt(5))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const text = (event.target as HTMLElement).closest<HTMLElement>('[data-at]')?.dataset.at
    if (text === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const at = Number(text)
    const to = moved(at, event.key, count, columns, Math.max(1, Math.floor(view.height / rowHeight) - 1))
    if (to !== null) {
      event.preventDefault()
      return focusItem(to)
    }
    const file = files[at - folders.length]
    if (file === undefined) {
      if (event.key === 'Backspace') go({ section: 'files', folder: parentOf(store.folder.peek()) })
      return
    }
    if (event.key === 'c' && rules().allows('READ', file.key)) void copyLink(file)
    else if (event.key === 'Delete' && rules().allows('DELETE', file.key)) askToRemove(chosen(file.key))
    else if (event.key === 'x') store.toggle(file.key)
    else if (event.key === 'Backspace') go({ section: 'files', folder: parentOf(store.folder.peek()) })
    else return
    event.preventDefault()
  }

  const items = []
  for (let at = part.from; at < part.to; at++) {
    const folder = folders[at]
    const file = files[at - folders.length]
    const place = { at, count }
    if (folder !== undefined) items.push(isTiles ? <FolderTile key={folder} folder={folder} {...place} /> : <FolderRow key={folder} folder={folder} {...place} />)
    else if (file !== undefined) {
      const open = (): void => openDetails(file.key)
      items.push(isTiles ? <FileTile key={file.key} file={file} onOpen={open} {...place} /> : <FileRow key={file.key} file={file} onOpen={open} {...place} />)
    }
  }
  return (
    <>
      {!isTiles && <RowHeads />}
      <div ref={scroller} class={`scroller ${layout.value}`} onKeyDown={onKeyDown} aria-busy={store.isLoading.value}>
        <ul class="items" role="list" aria-label={gallery.title} aria-describedby="gallery-keys" style={{ height: `${part.total}px`, paddingTop: `${part.offset}px`, gridTemplateColumns: isTiles ? `repeat(${columns}, 1fr)` : '1fr', gridAutoRows: `${rowHeight}px` }}>
          {items}
        </ul>
      </div>
      <p id="gallery-keys" class="hidden-visually">{gallery.keys}</p>
    </>
  )
}

const parentOf = (folder: string): string => folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)

/** What a key press is about: the selection, if the focused file belongs to it. */
function chosen(key: string): string[] {
  const selected = store.selection.peek()
  return selected.has(key) ? [...selected] : [key]
}
