import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from '../src/upload/backlog.ts'
import { ASKED, isAllowed, keepFor, keptFor, NEVER, shorterThan } from '../src/upload/caching.ts'
import { Problem, unreachable } from '../src/api/problem.ts'
import { conflict, forgetAnswers, resolutionFor } from '../src/upload/conflict.ts'
import { gathered } from '../src/upload/keeper.ts'
import { secondsLeft, Speed, summed, withBacklog } from '../src/upload/progress.ts'
import { delayOf, PATIENT, retrying } from '../src/upload/retry.ts'
import { Slots } from '../src/upload/slots.ts'

const never = new AbortController().signal
const noSleep = async (): Promise<void> => {}

test('what passes is tried again, and what does not is not', async () => {
  let attempts = 0
  assert.equal(await retrying(async () => { attempts += 1; if (attempts < 3) throw unreachable(); return 'done' }, { signal: never, sleep: noSleep }), 'done')
  assert.equal(attempts, 3)
  attempts = 0
  const refused = new Problem(403, 'forbidden', 'x', null, null)
  await assert.rejects(retrying(async () => { attempts += 1; throw refused }, { signal: never, sleep: noSleep }), refused)
  assert.equal(attempts, 1)
})

test('attempts end', async () => {
  let attempts = 0
  await assert.rejects(retrying(async () => { attempts += 1; throw unreachable() }, { signal: never, sleep: noSleep }))
  assert.equal(attempts, PATIENT.attempts)
})

test('whoever gives up is not kept waiting', async () => {
  const controller = new AbortController()
  const waiting = retrying(async () => { throw unreachable() }, { signal: controller.signal })
  controller.abort()
  await assert.rejects(waiting, { name: 'AbortError' })
})

test('delays double, have an end, and are never shorter than the server asked for', () => {
  assert.equal(delayOf(1, null, PATIENT, 1), 500)
  assert.equal(delayOf(3, null, PATIENT, 1), 2000)
  assert.equal(delayOf(20, null, PATIENT, 1), 30_000)
  assert.equal(delayOf(1, null, PATIENT, 0), 250)
  assert.equal(delayOf(1, 7, PATIENT, 0), 7000)
})

test('slots are given in order, given back after a failure, and left by who does not wait', async () => {
  const slots = new Slots(1)
  const order: string[] = []
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => { open = resolve })
  const first = slots.with(never, async () => { await gate; order.push('first'); throw new Error('failed') })
  const leaver = new AbortController()
  const left = slots.with(leaver.signal, async () => { order.push('left') })
  const last = slots.with(never, async () => { order.push('last') })
  leaver.abort()
  open()
  await assert.rejects(first)
  await assert.rejects(left)
  await last
  assert.deepEqual(order, ['first', 'last'])
  await slots.with(never, async () => { order.push('again') })
  assert.equal(order.at(-1), 'again')
})

test('progress is of bytes, and of files where there are none', () => {
  const sum = summed([{ size: 100, sent: 50, state: 'running' }, { size: 100, sent: 0, state: 'done' }, { size: 0, sent: 0, state: 'failed' }])
  assert.deepEqual([sum.files, sum.done, sum.failed, sum.total, sum.sent, sum.share, sum.isBusy], [3, 1, 1, 200, 150, 0.75, true])
  assert.equal(summed([{ size: 0, sent: 0, state: 'done' }, { size: 0, sent: 0, state: 'running' }]).share, 0.5)
  assert.equal(summed([]).share, 0)
})

test('speed is smoothed, never negative, and says how long it takes', () => {
  const speed = new Speed()
  assert.equal(speed.measure(0, 0), 0)
  assert.equal(speed.measure(1000, 1000), 1000)
  assert.ok(speed.measure(1000, 2000) < 1000)
  assert.ok(speed.measure(0, 3000) >= 0)
  assert.equal(secondsLeft({ total: 100, sent: 50 }, 10), 5)
  assert.equal(secondsLeft({ total: 100, sent: 50 }, 0), null)
  assert.equal(secondsLeft({ total: 100, sent: 100 }, 10), null)
})

test('conflicts are asked about one after the other, and an answer for all counts for those that wait', async () => {
  forgetAnswers()
  const one = resolutionFor('a', true, never)
  const two = resolutionFor('b', false, never)
  const three = resolutionFor('c', true, never)
  assert.equal(conflict.value?.key, 'a')
  conflict.value?.answer('replace', true)
  assert.equal(await one, 'replace')
  assert.equal(await three, 'replace')
  // Replacing is no answer where nothing may be replaced.
  assert.equal(conflict.value?.key, 'b')
  conflict.value?.answer('skip', false)
  assert.equal(await two, 'skip')
  assert.equal(conflict.value, null)
  assert.equal(await resolutionFor('d', true, never), 'replace')
  forgetAnswers()
  const controller = new AbortController()
  const left = resolutionFor('e', true, controller.signal)
  controller.abort()
  await assert.rejects(left)
  assert.equal(conflict.value, null)
})

test('changes of a moment are seen together', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const seen: [unknown, unknown][] = []
  const listener = gathered((before, after) => { seen.push([before, after]) })
  const state = (name: string): never => name as never
  listener(state('a'), state('b'))
  listener(state('b'), state('c'))
  context.mock.timers.tick(500)
  listener(state('c'), state('d'))
  context.mock.timers.tick(500)
  assert.deepEqual(seen, [['a', 'c'], ['c', 'd']])
})

test('a backlog gives out files in order, counts them, and forgets what is taken off', () => {
  const backlog = new Backlog<string>()
  const chosen = (id: string, size = 1): { id: string; name: string; size: number; file: string } => ({ id, name: `${id}.txt`, size, file: `content of ${id}` })
  backlog.adopt({ id: 'camera', name: 'camera.png', size: 5 })
  backlog.add([chosen('a'), chosen('b', 10), chosen('c'), chosen('b'), chosen('camera')])
  assert.deepEqual([backlog.length, backlog.waiting], [4, { files: 3, bytes: 12 }])
  backlog.change((file) => `${file}!`)
  assert.deepEqual(backlog.take(2), [{ ...chosen('a'), file: 'content of a!' }, { ...chosen('b', 10), file: 'content of b!' }])
  backlog.remove(['c', 'unknown'])
  assert.deepEqual(backlog.take(2), [])
  backlog.add([chosen('d')])
  assert.deepEqual(backlog.waitingNames(9), ['d.txt'])
  // Only what was listed can be through; then it may be chosen again.
  backlog.finish(['a', 'd', 'camera'])
  assert.deepEqual([backlog.done, backlog.has('a'), backlog.has('b')], [{ files: 2, bytes: 6 }, false, true])
  backlog.add([chosen('a')])
  assert.deepEqual(backlog.slice(0, 9).map(({ id, state }) => `${id} ${state}`), ['camera done', 'a done', 'b listed', 'd waiting', 'a waiting'])
  assert.deepEqual(backlog.take(9).map(({ id }) => id), ['d', 'a'])
  backlog.clear()
  assert.deepEqual([backlog.length, backlog.waiting.files, backlog.done.files, backlog.has('b')], [0, 0, 0, false])
})

test('what belongs to an upload that has begun is no longer changed', () => {
  const backlog = new Backlog<string>()
  const chosen = (id: string): { id: string; name: string; size: number; file: string } => ({ id, name: id, size: 1, file: id })
  backlog.add([chosen('a'), chosen('b')])
  backlog.settle()
  backlog.add([chosen('c')])
  backlog.add([chosen('d')], true)
  backlog.change((file) => `${file}!`)
  assert.deepEqual(['a', 'c', 'd', 'unknown'].map((id) => backlog.isSettled(id)), [true, false, true, false])
  assert.deepEqual(backlog.take(9).map(({ file }) => file), ['a', 'b', 'c!', 'd'])
})

test('ten thousand files are added and given out in little time', () => {
  const backlog = new Backlog<number>()
  const begun = performance.now()
  backlog.add(Array.from({ length: 10_000 }, (_, at) => ({ id: `${at}`, name: `${at}`, size: 1, file: at })))
  for (let taken = 0; taken < 10_000; taken += 50) backlog.finish(backlog.take(50).map(({ id }) => id))
  assert.equal(backlog.done.files, 10_000)
  assert.ok(performance.now() - begun < 1000)
})

test('progress counts what waits before the list and what is off it', () => {
  const listed = summed([{ size: 100, sent: 50, state: 'running' }])
  const sum = withBacklog(listed, { waiting: { files: 2, bytes: 50 }, done: { files: 1, bytes: 50 } })
  assert.deepEqual([sum.files, sum.done, sum.total, sum.sent, sum.share, sum.isBusy], [4, 1, 200, 100, 0.5, true])
})

test('caching is offered as far as the rule goes', () => {
  assert.deepEqual([keptFor('public, max-age=300'), keptFor('no-cache, max-age=9'), keptFor('public'), keptFor('private,Max-Age="60"')], [300, 0, 0, 60])
  assert.deepEqual(shorterThan(3600), [60])
  assert.deepEqual(shorterThan(0), [])
  for (const [choice, rule, allowed] of [
    [undefined, 'no-store', true], [NEVER, 'no-store', true], [ASKED, 'no-store', false], [ASKED, 'public, max-age=60', true],
    [keepFor(60), 'public, max-age=60', true], [keepFor(61), 'public, max-age=60', false], [keepFor(1), 'no-cache', false],
  ] as const) assert.equal(isAllowed(choice, rule), allowed, `${choice} ${rule}`)
})
