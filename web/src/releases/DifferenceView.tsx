/** What distinguishes two releases. However many paths it are, only those are drawn that can be seen. */

import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatNumber, formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { drawn } from '../gallery/window.ts'
import { Icon } from '../ui/Icon.tsx'
import { found, KINDS, type Change, type Difference, type Wanted } from './difference.ts'

/** In rem, as the style sheet has it. */
const ROW_HEIGHT = 3
const SIGNS = { added: '+', changed: '~', moved: '→', removed: '−' } as const

export function DifferenceView({ difference }: { difference: Difference }) {
  const { releases: text } = words.value
  const id = useId()
  const [wanted, setWanted] = useState<Wanted>({ kind: 'all', search: '' })
  const shown = useMemo(() => found(difference.changes, wanted), [difference, wanted])
  const all = difference.changes.length
  const countOf = (kind: Wanted['kind']): number => (kind === 'all' ? all : difference.counts[kind])
  const unchanged = <p class="quiet">{text.unchanged(difference.same)}</p>
  if (all === 0) return <><p>{text.identical}</p>{unchanged}</>
  return (
    <>
      <div class="toolbar">
        <div class="kinds" role="group" aria-label={text.show}>
          {(['all', ...KINDS] as const).map((kind) => (
            <button key={kind} type="button" class={kind} aria-pressed={wanted.kind === kind} disabled={countOf(kind) === 0} onClick={() => setWanted({ ...wanted, kind })}>
              {text.kinds[kind]} <span class="count">{formatNumber(countOf(kind), locale.value)}</span>
            </button>
          ))}
        </div>
        <div class="search">
          <Icon name="search" />
          <label class="hidden-visually" for={id}>{text.search}</label>
          <input id={id} type="search" value={wanted.search} placeholder={text.search} onInput={(event) => setWanted({ ...wanted, search: event.currentTarget.value })} />
        </div>
        <p class="quiet loaded" role="status">{text.shown(shown.length, all)}</p>
      </div>
      {shown.length === 0 ? <p class="quiet">{text.noPath}</p> : <Paths key={`${wanted.kind} ${wanted.search}`} changes={shown} />}
      {unchanged}
    </>
  )
}

/** A list that scrolls by itself; the arrow keys scroll it, as browsers do what has the focus. */
function Paths({ changes }: { changes: readonly Change[] }) {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600, rem: 16 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight, rem: Number.parseFloat(getComputedStyle(document.documentElement).fontSize) })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    measure()
    return () => { observer.disconnect(); element.removeEventListener('scroll', measure) }
  }, [])
  const rowHeight = ROW_HEIGHT * view.rem
  const part = drawn(changes.length, { columns: 1, rowHeight }, view)
  const { releases: text } = words.value
  return (
    <div ref={scroller} class="paths" role="region" aria-label={text.list} tabIndex={0}>
      <ul role="list" style={{ height: `${part.total}px`, paddingTop: `${part.offset}px`, gridAutoRows: `${rowHeight}px` }}>
        {changes.slice(part.from, part.to).map((change, at) => <Path key={`${change.kind} ${change.path}`} change={change} at={part.from + at} count={changes.length} />)}
      </ul>
    </div>
  )
}

function Path({ change, at, count }: { change: Change; at: number; count: number }) {
  const { releases: text } = words.value
  const { kind, path, from, what, before, after } = change
  const language = locale.value
  const sizes = before !== null && after !== null && before !== after
    ? text.sizes(formatSize(before, language), formatSize(after, language))
    : formatSize(after ?? before ?? 0, language)
  return (
    <li class={kind} aria-setsize={count} aria-posinset={at + 1}>
      <span class="sign" aria-hidden="true">{SIGNS[kind]}</span>
      <span class="hidden-visually">{text.kindOf[kind]}</span>
      <span class="what">
        <span class="name" dir="auto" title={path}>{path}</span>
        {from !== undefined && <span class="quiet small" dir="auto" title={from}>{text.from(from)}</span>}
        {what === 'headers' && <span class="quiet small">{text.headersOnly}</span>}
      </span>
      <span class="quiet number">{sizes}</span>
    </li>
  )
}
