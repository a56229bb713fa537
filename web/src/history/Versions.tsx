import { useEffect, useState } from 'preact/hooks'
import { baseName } from '../api/paths.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import type { Version } from '../api/wire.ts'
import { formatSize, formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { reachText } from '../i18n/reach.ts'
import { api, rules } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { showToast } from '../ui/toasts.ts'
import { bringBack } from './removal.ts'

/** Versions of one object, newest first, and the way back to each. */
export function Versions({ objectKey, onRestored }: { objectKey: string; onRestored: () => void }) {
  const { history } = words.value
  const [versions, setVersions] = useState<readonly Version[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [restoring, setRestoring] = useState<string | null>(null)
  const load = async (from: string | null): Promise<void> => {
    try {
      const page = await api.versions(objectKey, from)
      setVersions((before) => [...(from === null ? [] : before ?? []), ...page.versions])
      setCursor(page.next_cursor)
      setProblem(null)
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  useEffect(() => { setVersions(null); void load(null) }, [objectKey])
  const restore = async (version: string): Promise<void> => {
    setRestoring(version)
    try {
      const reach = reachText(words.peek(), await bringBack(objectKey, version), locale.peek())
      showToast([history.restored(baseName(objectKey)), reach].filter(Boolean).join(' '))
      await load(null)
      onRestored()
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setRestoring(null)
    }
  }
  const mayRestore = rules().mayReplace(objectKey) && rules().allows('READ', objectKey)
  return (
    <section class="history">
      <h3>{history.title}</h3>
      {problem && <ProblemNotice problem={problem} />}
      {versions === null && !problem && <p class="quiet">{words.value.page.loading}</p>}
      {versions !== null && versions.length < 2 && <p class="quiet">{history.none}</p>}
      {versions !== null && versions.length > 1 && (
        <ol>
          {versions.map((version) => (
            <li key={version.version}>
              <span>
                {formatTime(version.last_modified, locale.value)}
                {version.is_current && <span class="tag">{history.current}</span>}
                {version.deleted && <span class="tag">{history.deleted}</span>}
              </span>
              <span class="quiet">{version.size !== null && formatSize(version.size, locale.value)}</span>
              {mayRestore && !version.is_current && !version.deleted && (
                <button type="button" disabled={restoring !== null} aria-label={history.restoreVersion(formatTime(version.last_modified, locale.value))} onClick={() => void restore(version.version)}>
                  <Icon name="restore" />{history.restore}
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
      {cursor !== null && <button type="button" class="link" onClick={() => void load(cursor)}>{history.more}</button>}
    </section>
  )
}
