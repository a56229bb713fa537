/** A site: what is active since when and by whom, what is there, and who activated what. */

import type { LogEntry } from '../api/wire.ts'
import { formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { Nothing } from '../gallery/Gallery.tsx'
import { useFocusIfLost } from '../ui/focus.ts'
import { Icon } from '../ui/Icon.tsx'
import { addressFor } from '../ui/route.ts'
import { ask } from './activating.ts'
import { shortId } from './manifest.ts'
import * as store from './site.ts'
import { arranged, rollbackTarget, standingOf, type SiteRelease, type Standing } from './standing.ts'

export function SiteView({ site }: { site: store.Site }) {
  const { releases: text } = words.value
  const heading = <Heading text={site.name} />
  if (site.releases.length + site.log.length === 0) return <>{heading}<Nothing title={text.none} hint={text.noneHint} /></>
  return (
    <>
      {heading}
      <Active site={site} />
      <section>
        <h2>{text.all}</h2>
        <ul class="plain-list">{arranged(site.releases, site.log).map((release) => <Listed key={release.id} site={site.name} release={release} />)}</ul>
      </section>
      <section class="activations">
        <h2>{text.log}</h2>
        <ol class="plain-list">{site.log.map((entry) => <Entry key={entry.n} site={site} entry={entry} />)}</ol>
        {site.cursor !== null && <button type="button" disabled={store.isLoading.value} onClick={() => void store.loadMore()}>{text.more}</button>}
      </section>
    </>
  )
}

/** Whoever followed a link goes on from here. */
export function Heading({ text }: { text: string }) {
  const element = useFocusIfLost<HTMLHeadingElement>()
  return <h1 id="releases-title" ref={element} tabIndex={-1}>{text}</h1>
}

function Active({ site }: { site: store.Site }) {
  const { releases: text } = words.value
  const { active } = site
  const newest = site.log[0]
  const target = rollbackTarget(site.releases, site.log)
  return (
    <section class="active-release" aria-labelledby="active-title">
      <h2 id="active-title">{text.active}</h2>
      {active === null || newest === undefined
        ? <p>{text.nothingActive}</p>
        : (
          <>
            <p class="which"><ReleaseLink site={site.name} id={active} /><Reach /></p>
            <p class="quiet" dir="auto">{text.since(formatTime(newest.at, locale.value), newest.by)}</p>
            <Progress />
            {target !== null && <div><button type="button" onClick={() => ask(site.name, target, true, active)}><Icon name="restore" />{text.rollBackTo(shortId(target))}</button></div>}
          </>
        )}
    </section>
  )
}

/** How far the active release has come. */
export function Reach() {
  const reached = store.activation.value
  return reached === null ? null : <span class={`tag ${reached.state}`}>{words.value.releases.reach[reached.state]}</span>
}

function Progress() {
  const { releases: text } = words.value
  const reached = store.activation.value
  if (reached?.state === 'invalidating') return <p role="status">{text.onItsWay}</p>
  return reached?.invalidated_at === undefined ? null : <p class="quiet small">{text.reachedAt(formatTime(reached.invalidated_at, locale.value))}</p>
}

function Listed({ site, release: { id, standing, last } }: { site: string; release: SiteRelease }) {
  const { releases: text } = words.value
  return (
    <li>
      <span class="what"><ReleaseLink site={site} id={id} /></span>
      {last !== null && <span class="quiet" dir="auto">{text.lastActive} {text.by(formatTime(last.at, locale.value), last.by)}</span>}
      <State standing={standing} />
    </li>
  )
}

function Entry({ site, entry }: { site: store.Site; entry: LogEntry }) {
  const { releases: text } = words.value
  const standing = standingOf(entry.release, site.releases, site.log)
  return (
    <li>
      <span class="quiet number">{text.entry(entry.n)}</span>
      <span class="what">{standing === 'removed' ? <span class="id">{shortId(entry.release)}</span> : <ReleaseLink site={site.name} id={entry.release} />}</span>
      <span class="quiet" dir="auto">{text.by(formatTime(entry.at, locale.value), entry.by)}</span>
      {standing === 'removed' && <State standing={standing} />}
    </li>
  )
}

export function State({ standing }: { standing: Standing }) {
  return <span class={`tag ${standing}`}>{words.value.releases.states[standing]}</span>
}

function ReleaseLink({ site, id }: { site: string; id: string }) {
  return <a class="id" href={addressFor({ section: 'sites', folder: `${site}/${id}` })} aria-label={words.value.releases.release(shortId(id))} title={id}>{shortId(id)}</a>
}
