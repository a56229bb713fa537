import { useEffect, useState } from 'preact/hooks'
import { baseName, folderOf, isThumbnail } from '../api/paths.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import type { DeletedObject } from '../api/wire.ts'
import { formatSize, formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { reachText } from '../i18n/reach.ts'
import { Nothing } from '../gallery/Gallery.tsx'
import { kindOf } from '../gallery/kind.ts'
import { api, rules } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { showToast } from '../ui/toasts.ts'
import { bringBack } from './removal.ts'

/** What was deleted and can be brought back. */
export function Deleted() {
  const { history, page } = words.value
  const [objects, setObjects] = useState<readonly DeletedObject[] | null>(null)
  const [cursors, setCursors] = useState<readonly [root: string, cursor: string | null][]>([])
  const [problem, setProblem] = useState<Problem | null>(null)
  const load = async (from: readonly [string, string | null][]): Promise<void> => {
    setProblem(null)
    try {
      const [next, ...rest] = from
      if (next === undefined) return setObjects((before) => before ?? [])
      const [root, cursor] = next
      const found = await api.deleted(root, cursor)
      setObjects((before) => [...(before ?? []), ...found.objects.filter(({ key }) => !isThumbnail(key))])
      const remaining: [string, string | null][] = [...(found.next_cursor === null ? [] : [[root, found.next_cursor] as [string, string]]), ...rest.map(([name, at]): [string, string | null] => [name, at])]
      setCursors(remaining)
      // Roots that were not begun yet are few, and belong to the first page.
      if (found.next_cursor === null && remaining.length > 0) await load(remaining)
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  const reload = (): void => { setObjects(null); void load(rules().roots('LIST').map((root) => [root, null])) }
  useEffect(reload, [])
  const restore = async ({ key, version }: DeletedObject): Promise<void> => {
    if (version === null) return
    try {
      const reach = reachText(words.peek(), await bringBack(key, version), locale.peek())
      setObjects((before) => (before ?? []).filter((object) => object.key !== key))
      showToast([history.restored(baseName(key)), reach].filter(Boolean).join(' '))
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <section class="deleted" aria-labelledby="deleted-title">
      <h1 id="deleted-title">{history.title2}</h1>
      <p class="quiet">{history.emptyHint}</p>
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {objects === null && !problem && <p class="quiet" role="status">{page.loading}</p>}
      {objects?.length === 0 && <Nothing title={history.empty} />}
      {objects !== null && objects.length > 0 && (
        <ul class="plain-list">
          {objects.map((object) => (
            <li key={object.key}>
              <Icon name={kindOf(object.key)} />
              <span class="what"><span class="name" dir="auto">{baseName(object.key)}</span><span class="quiet small" dir="auto">{folderOf(object.key)}</span></span>
              <span class="quiet">{history.deletedAt} {formatTime(object.deleted_at, locale.value)}{object.size !== null && ` · ${formatSize(object.size, locale.value)}`}</span>
              {object.version === null
                ? <span class="quiet">{history.gone}</span>
                : rules().allows('PUT', object.key) && rules().allows('READ', object.key) && <button type="button" onClick={() => void restore(object)} aria-label={`${history.restore}: ${baseName(object.key)}`}><Icon name="restore" />{history.restore}</button>}
            </li>
          ))}
        </ul>
      )}
      {cursors.length > 0 && <button type="button" onClick={() => void load(cursors)}>{history.more}</button>}
    </section>
  )
}
