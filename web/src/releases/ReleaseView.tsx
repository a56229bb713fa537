/** A release: what it is, what it changes, and the way to make it the active one. */

import { useEffect, useState } from 'preact/hooks'
import { asProblem, isAbort, type Problem } from '../api/problem.ts'
import type { Manifest, Release } from '../api/wire.ts'
import { formatNumber, formatSize, formatTime } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { api } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import { ProblemNotice } from '../ui/ProblemNotice.tsx'
import { ask } from './activating.ts'
import { differenceOf, type Difference } from './difference.ts'
import { DifferenceView } from './DifferenceView.tsx'
import { shortId } from './manifest.ts'
import { manifestOf } from './manifests.ts'
import type { Site } from './site.ts'
import { Heading, Reach, State } from './SiteView.tsx'
import { rollbackTarget } from './standing.ts'

export function ReleaseView({ site, id }: { site: Site; id: string }) {
  const { releases: text, page } = words.value
  const [release, setRelease] = useState<Release | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    setProblem(null)
    api.release(site.name, id, leaving.signal).then(setRelease, (error: unknown) => { if (!isAbort(error)) setProblem(asProblem(error)) })
    return () => leaving.abort()
  }, [site, attempt])
  return (
    <>
      <div class="releases-head">
        <Heading text={text.release(shortId(id))} />
        {release !== null && <State standing={release.state} />}
        {release?.state === 'active' && <Reach />}
        {release !== null && <Activate site={site} release={release} />}
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={() => setAttempt(attempt + 1)} />}
      {release === null && !problem && <p class="quiet" role="status">{page.loading}</p>}
      {release !== null && <Content site={site} release={release} />}
    </>
  )
}

function Activate({ site, release: { id, state } }: { site: Site; release: Release }) {
  const { releases: text } = words.value
  if (state !== 'verified' && state !== 'superseded') return null
  const isRollback = state === 'superseded'
  return <button type="button" class="primary" onClick={() => ask(site.name, id, isRollback, site.active)}><Icon name={isRollback ? 'restore' : 'check'} />{isRollback ? text.rollBack : text.activate}</button>
}

/** What is compared: the active release with what it replaced, every other one with the active. `undefined` where there is none. */
function baseOf(site: Site, release: Release): string | null | undefined {
  if (release.id !== site.active) return site.active
  return rollbackTarget(site.releases, site.log) ?? undefined
}

function Content({ site, release }: { site: Site; release: Release }) {
  const { releases: text } = words.value
  const base = baseOf(site, release)
  const [manifest, setManifest] = useState<Manifest | null>(null)
  const [difference, setDifference] = useState<Difference | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let isLeft = false
    const load = async (): Promise<void> => {
      setProblem(null)
      setDifference(null)
      try {
        const own = await manifestOf(site.name, release.id)
        if (isLeft) return
        setManifest(own)
        if (base === undefined) return
        const before = base === null ? null : await manifestOf(site.name, base)
        if (!isLeft) setDifference(differenceOf(before, own))
      } catch (error) {
        if (!isLeft) setProblem(asProblem(error))
      }
    }
    void load()
    return () => { isLeft = true }
  }, [base, attempt])
  const compared = base === undefined ? text.noBefore : base === null ? text.fromNothing : release.id === site.active ? text.fromBefore(shortId(base)) : text.fromActive(shortId(base))
  return (
    <>
      {release.state === 'uploading' && <p class="notice">{text.incomplete}</p>}
      <Facts release={release} manifest={manifest} />
      {problem && <ProblemNotice problem={problem} onRetry={() => setAttempt(attempt + 1)} />}
      <section class="difference" aria-labelledby="difference-title">
        <h2 id="difference-title">{text.difference}</h2>
        <p class="quiet">{compared}</p>
        {base !== undefined && difference === null && !problem && <p class="quiet" role="status">{text.comparing}</p>}
        {difference !== null && <DifferenceView difference={difference} />}
      </section>
    </>
  )
}

function Facts({ release: { id, activation }, manifest }: { release: Release; manifest: Manifest | null }) {
  const { releases: text } = words.value
  const language = locale.value
  const bytes = manifest?.files.reduce((sum, file) => sum + file.size, 0)
  const kept = manifest?.keep?.length ?? 0
  return (
    <dl>
      <div><dt>{text.files}</dt><dd>{manifest === null ? '…' : formatNumber(manifest.files.length, language)}</dd></div>
      <div><dt>{text.size}</dt><dd>{bytes === undefined ? '…' : formatSize(bytes, language)}</dd></div>
      {kept > 0 && <div><dt>{text.kept}</dt><dd>{formatNumber(kept, language)}</dd></div>}
      <div><dt>{text.lastActive}</dt><dd dir="auto">{activation === undefined ? text.never : text.by(formatTime(activation.at, language), activation.by)}</dd></div>
      <div><dt>{text.id}</dt><dd class="id">{id}</dd></div>
    </dl>
  )
}
