/** Which of many rows are drawn. Pure arithmetic of virtual scrolling. */

export interface Layout {
  /** Items side by side. */
  columns: number
  /** Pixels. */
  rowHeight: number
}

export interface Viewport {
  top: number
  height: number
}

export interface Drawn {
  /** First item, and the one behind the last. */
  from: number
  to: number
  /** Pixels above the first drawn row, and of everything. */
  offset: number
  total: number
}

/** Rows above and below what is seen, so that scrolling by keyboard has somewhere to go. */
const MARGIN = 6

export function drawn(count: number, { columns, rowHeight }: Layout, { top, height }: Viewport): Drawn {
  const rows = Math.ceil(count / columns)
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight)) - MARGIN)
  const last = Math.min(rows, Math.ceil((top + height) / rowHeight) + MARGIN)
  return { from: first * columns, to: Math.min(count, last * columns), offset: first * rowHeight, total: rows * rowHeight }
}

/** Where a key press moves to among `count` items. */
export function moved(at: number, key: string, count: number, columns: number, page: number): number | null {
  const to = target(at, key, count, columns, page)
  return to === null ? null : Math.max(0, Math.min(count - 1, to))
}

function target(at: number, key: string, count: number, columns: number, page: number): number | null {
  switch (key) {
    case 'ArrowDown': return at + columns
    case 'ArrowUp': return at - columns
    case 'ArrowRight': return columns > 1 ? at + 1 : null
    case 'ArrowLeft': return columns > 1 ? at - 1 : null
    case 'PageDown': return at + page * columns
    case 'PageUp': return at - page * columns
    case 'Home': return 0
    case 'End': return count - 1
    default: return null
  }
}
