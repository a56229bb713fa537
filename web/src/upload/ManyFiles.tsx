import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { drawn } from '../gallery/window.ts'
import { formatDuration, formatNumber, formatShare, formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { Icon } from '../ui/Icon.tsx'
import { many, manyChanged, manyFiles, removeOfMany, stateOf, status } from './uploads.ts'

/** In rem, as the style sheet has it. */
const ROW_HEIGHT = 2.25

/** The whole of a list of which Uppy has a part at a time. Only those rows are drawn that can be seen. */
export function ManyFiles() {
  const { upload } = words.value
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 320, rem: 16 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight, rem: Number.parseFloat(getComputedStyle(document.documentElement).fontSize) })
    element.addEventListener('scroll', measure, { passive: true })
    measure()
    return () => element.removeEventListener('scroll', measure)
  }, [])
  // What Uppy's part changes in is no signal of ours.
  void manyChanged.value
  const count = many.value
  const rowHeight = ROW_HEIGHT * view.rem
  const part = drawn(count, { columns: 1, rowHeight }, view)
  return (
    <section class="many-files" aria-label={upload.list}>
      <Together />
      <div ref={scroller} class="scroller" tabIndex={0} role="group" aria-label={upload.list}>
        <ul class="plain-list" style={{ height: `${part.total}px`, paddingTop: `${part.offset}px` }}>
          {manyFiles(part.from, part.to).map(({ id, name, size, state }, at) => {
            const now = state === 'listed' ? stateOf(id) : state
            return (
              <li key={part.from + at} class={now} aria-posinset={part.from + at + 1} aria-setsize={count}>
                <span class="name" dir="auto">{name}</span>
                <span class="quiet number">{formatSize(size, locale.value)}</span>
                <span class="quiet state">{upload.states[now]}</span>
                {now === 'done' ? <span /> : <button type="button" class="plain" aria-label={upload.removeOf(name)} onClick={() => removeOfMany(id)}><Icon name="close" /></button>}
              </li>
            )
          })}
        </ul>
      </div>
    </section>
  )
}

/** What Uppy's bar would say, if it knew of all. */
function Together() {
  const { upload } = words.value
  const { share, done, files, speed, secondsLeft } = status.value
  const parts = [formatShare(share, locale.value), `${formatNumber(done, locale.value)} / ${formatNumber(files, locale.value)}`]
  if (speed > 0) parts.push(`${formatSize(speed, locale.value)}/s`)
  if (secondsLeft !== null) parts.push(upload.left(formatDuration(secondsLeft, locale.value)))
  return (
    <div class="together">
      <progress value={share} max={1} aria-label={upload.overall} />
      <span class="quiet">{parts.join(' · ')}</span>
    </div>
  )
}
