import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '../src/api/problem.ts'
import type { LogEntry, Manifest, ReleaseFile } from '../src/api/wire.ts'
import { differenceOf, found, type Change } from '../src/releases/difference.ts'
import { verified } from '../src/releases/manifest.ts'
import { arranged, rollbackTarget, standingOf } from '../src/releases/standing.ts'
import { Rules } from '../src/session/rules.ts'

const file = (path: string, sha256: string, change: Partial<ReleaseFile> = {}): ReleaseFile => ({ path, sha256, size: 1, type: 'text/html', cache: 'no-cache', ...change })
const manifest = (...files: ReleaseFile[]): Manifest => ({ site: 'docs', files })
const told = ({ kind, path, from, what }: Change): string => [kind, path, from, what].filter(Boolean).join(' ')
const entry = (n: number, release: string, replaced?: string): LogEntry => ({ n, release, at: '2026-12-01T00:00:00Z', by: 'ada', ...(replaced === undefined ? {} : { replaced }) })

test('releases differ by what is added, changed, moved and removed', () => {
  const before = manifest(file('a', '1'), file('b', '2'), file('c', '3'), file('d', '4'), file('e', '5'))
  const after = manifest(file('a', '1'), file('b', '9'), file('c2', '3'), file('e', '5', { cache: 'no-store' }), file('f', '6'))
  const { changes, counts, same } = differenceOf(before, after)
  assert.deepEqual(changes.map(told), ['added f', 'changed b content', 'changed e headers', 'moved c2 c', 'removed d'])
  assert.deepEqual([counts, same], [{ added: 1, changed: 2, moved: 1, removed: 1 }, 1])
})

test('other headers and other compressed forms are changes, and nothing else is', () => {
  const variants = { br: { sha256: 'x', size: 1 } }
  const base = file('a', '1', { csp: 'x', variants })
  const differs = (change: Partial<ReleaseFile>): number => differenceOf(manifest(base), manifest({ ...base, ...change })).counts.changed
  assert.equal(differs({ variants: { br: { ...variants.br } } }), 0)
  for (const change of [{ type: 'text/plain' }, { csp: 'y' }, { cache: 'y' }, { variants: { gzip: variants.br } }, { variants: { br: { sha256: 'x', size: 2 } } }]) assert.equal(differs(change), 1, JSON.stringify(change))
})

test('of files with the same bytes the first that is gone is the first that is new', () => {
  const before = manifest(file('a', '1'), file('b', '1'), file('c', '1'))
  const { changes } = differenceOf(before, manifest(file('x', '1'), file('y', '1')))
  assert.deepEqual(changes.map(told), ['moved x a', 'moved y b', 'removed c'])
  // A copy beside the original was moved from nowhere.
  assert.deepEqual(differenceOf(manifest(file('a', '1')), manifest(file('a', '1'), file('b', '1'))).changes.map(told), ['added b'])
})

test('with nothing before, all files are added', () => {
  assert.deepEqual(differenceOf(null, manifest(file('a', '1'))).counts, { added: 1, changed: 0, moved: 0, removed: 0 })
})

test('changes are found by kind, and by either path of what was moved', () => {
  const { changes } = differenceOf(manifest(file('Old/a', '1')), manifest(file('new/a', '1'), file('new/b', '2')))
  assert.deepEqual(found(changes, { kind: 'all', search: 'NEW/' }).map(told), ['added new/b', 'moved new/a Old/a'])
  assert.deepEqual(found(changes, { kind: 'all', search: 'old' }).map(told), ['moved new/a Old/a'])
  assert.deepEqual(found(changes, { kind: 'added', search: 'a' }).map(told), [])
  assert.equal(found(changes, { kind: 'all', search: '' }), changes)
})

test('200,000 files are compared in a moment', () => {
  const many = (sum: (at: number) => string): Manifest => ({ site: 'docs', files: Array.from({ length: 200_000 }, (_, at) => file(`folder/${at}`, sum(at))) })
  const [before, after] = [many((at) => `${at}`), many((at) => `${at % 2 === 0 ? 'x' : ''}${at}`)]
  const begun = performance.now()
  assert.equal(differenceOf(before, after).counts.changed, 100_000)
  assert.ok(performance.now() - begun < 2000)
})

test('a manifest that is not the release is refused', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest(file('a', '1')))).buffer
  const id = createHash('sha256').update(new Uint8Array(bytes)).digest('hex')
  assert.equal((await verified(bytes, id)).files[0]?.path, 'a')
  await assert.rejects(verified(bytes, id.replace(/^./, (first) => (first === '0' ? '1' : '0'))), (error: unknown) => error instanceof Problem && error.code === 'release-altered')
})

test('a release was active if the log says so, and is removed if the bucket does', () => {
  const releases = [{ id: 'a', state: 'verified' as const }, { id: 'b', state: 'active' as const }, { id: 'c', state: 'verified' as const }, { id: 'd', state: 'uploading' as const }]
  const log = [entry(3, 'b', 'a'), entry(2, 'a', 'x'), entry(1, 'x')]
  assert.deepEqual(['a', 'b', 'c', 'd', 'x'].map((id) => standingOf(id, releases, log)), ['superseded', 'active', 'verified', 'uploading', 'removed'])
  assert.deepEqual(arranged(releases, log).map(({ id, last }) => [id, last?.n]), [['b', 3], ['c', undefined], ['a', 2], ['d', undefined]])
})

test('a rollback goes to what was active before, if it is still there', () => {
  const releases = [{ id: 'a', state: 'superseded' as const }, { id: 'b', state: 'active' as const }]
  assert.equal(rollbackTarget(releases, [entry(2, 'b', 'a'), entry(1, 'a')]), 'a')
  assert.equal(rollbackTarget(releases.slice(1), [entry(2, 'b', 'a'), entry(1, 'a')]), null)
  assert.equal(rollbackTarget(releases, [entry(1, 'b')]), null)
})

test('sites are those of the publisher, by name or all of them', () => {
  const rulesFor = (sites?: string[]): Rules => new Rules({ publisher: 'p', credential: null, folder: null, rules: [], ...(sites ? { sites } : {}) })
  assert.deepEqual([rulesFor().mayRelease, rulesFor([]).mayRelease, rulesFor(['docs']).mayRelease, rulesFor(['*']).mayRelease], [false, false, true, true])
  assert.ok(rulesFor(['docs']).allowsSite('docs') && !rulesFor(['docs']).allowsSite('other') && rulesFor(['*']).allowsSite('other'))
  assert.deepEqual(rulesFor(['b', '*', 'a']).sites, ['a', 'b'])
})
