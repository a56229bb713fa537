import { signal } from '@preact/signals'
import { useEffect, useId, useState } from 'preact/hooks'
import type { ReleaseLog } from '../api/wire.ts'
import { eachOf } from '../history/each.ts'
import { formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { api, rules } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { addressFor, go } from '../ui/route.ts'
import { shortId } from './manifest.ts'

/** Sites that are looked at for the list: each is a call of the publisher's budget. */
const LOOKED_AT = 20
const SITE_NAME = /^[a-z0-9-]{1,63}$/

/** Of those who may work on every site: the ones they named. */
const named = signal<readonly string[]>([])

export function SiteList() {
  const { releases: text } = words.value
  const sites = [...new Set([...rules().sites, ...named.value])]
  const [logs, setLogs] = useState<ReadonlyMap<string, ReleaseLog>>(new Map())
  useEffect(() => {
    const leaving = new AbortController()
    void eachOf(sites.slice(0, LOOKED_AT), async (site) => {
      // A site that cannot be looked at is still one that can be opened, which says why.
      const log = await api.releases(site, null, leaving.signal).catch(() => null)
      if (log !== null) setLogs((before) => new Map(before).set(site, log))
    })
    return () => leaving.abort()
  }, [])
  return (
    <section class="releases" aria-labelledby="releases-title">
      <h1 id="releases-title">{text.title}</h1>
      <p class="quiet">{text.hint}</p>
      {sites.length > 0 && (
        <ul class="plain-list">
          {sites.map((site) => (
            <li key={site}>
              <span class="what"><a class="name" href={addressFor({ section: 'sites', folder: site })}>{site}</a></span>
              <Active log={logs.get(site)} />
            </li>
          ))}
        </ul>
      )}
      {rules().everySite && <OpenByName />}
    </section>
  )
}

function Active({ log }: { log: ReleaseLog | undefined }) {
  const { releases: text } = words.value
  const newest = log?.log[0]
  if (log === undefined) return null
  if (log.active === null || newest === undefined) return <span class="quiet">{text.none}</span>
  return <span class="quiet" dir="auto">{text.release(shortId(log.active))} · {text.since(formatTime(newest.at, locale.value), newest.by)}</span>
}

function OpenByName() {
  const { releases: text } = words.value
  const id = useId()
  const [name, setName] = useState('')
  const [isRefused, setRefused] = useState(false)
  const open = (event: Event): void => {
    event.preventDefault()
    const site = name.trim()
    setRefused(!SITE_NAME.test(site))
    if (!SITE_NAME.test(site)) return
    if (!named.peek().includes(site)) named.value = [...named.peek(), site]
    go({ section: 'sites', folder: site })
  }
  return (
    <form class="site-name" onSubmit={open} noValidate>
      <div class="field">
        <label for={id}>{text.name}</label>
        <input id={id} value={name} autocomplete="off" autocapitalize="none" spellcheck={false} aria-invalid={isRefused} aria-describedby={`${id}-hint`} onInput={(event) => setName(event.currentTarget.value)} />
      </div>
      <button type="submit"><Icon name="next" />{text.open}</button>
      <p id={`${id}-hint`} class="hint" role={isRefused ? 'alert' : undefined}>{isRefused ? text.nameInvalid : text.nameHint}</p>
    </form>
  )
}
