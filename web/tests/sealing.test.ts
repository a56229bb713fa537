import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '../src/api/wire.ts'
import { asProblem } from '../src/api/problem.ts'
import { de } from '../src/i18n/de.ts'
import { en } from '../src/i18n/en.ts'
import { chooseSealingKey, keyToOpen, keyToSeal, question } from '../src/keys/asking.ts'
import { heldFor, hold, keys, letAllGo, letGo, sealingKey, sealWith } from '../src/keys/keyring.ts'
import { MIN_PASSPHRASE, saltOf } from '../src/keys/passphrase.ts'
import { strengthOf } from '../src/keys/strength.ts'
import { WORDS } from '../src/open/words.ts'
import { publisherKeyId, spacedId } from '../src/sealed/envelope.ts'
import { knownSealed, note, noteDescribed, noteListed } from '../src/sealed/known.ts'
import { SealingError } from '../src/sealing/error.ts'
import { TAG } from '../src/sealing/host-cipher.ts'
import { MIN_PASSPHRASE as DEMANDED, type KeyDescription, type PublisherKey } from '../src/sealing/keys.ts'
import { SEAL_LENGTH, storageModeFor } from '../src/session/rules.ts'
import { endedOf } from '../src/upload/anew.ts'
import { withoutSealed } from '../src/upload/keeper.ts'
import type { SealedFile, Sealer } from '../src/upload/sealer.ts'
import { Sealings } from '../src/upload/sealings.ts'

/** A key as the page holds it, that tells whether it was wiped. */
function key(id: string): PublisherKey & { wiped: boolean } {
  const made = { id, wiped: false, wipe: () => { made.wiped = true }, fits: (description: KeyDescription) => description.id === id }
  return made as unknown as PublisherKey & { wiped: boolean }
}
const wanted = (id: string): KeyDescription => ({ id, salt: null })
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

test('a key is held once, seals when it is chosen, and is wiped when it is let go', () => {
  const [one, two, again] = [key('1'), key('2'), key('1')]
  assert.equal(hold(one), one)
  assert.equal(hold(again), one)
  assert.equal(again.wiped, true)
  assert.equal(one.wiped, false)
  assert.equal(sealingKey.value, null)
  sealWith(two)
  assert.equal(sealingKey.value, two)
  assert.equal(heldFor(wanted('1')), one)
  assert.equal(heldFor(wanted('3')), null)
  letGo(two)
  assert.equal(two.wiped, true)
  assert.equal(sealingKey.value, null)
  letAllGo()
  assert.deepEqual(keys.value, [])
  assert.equal(one.wiped, true)
})

test('one question at a time, asked once, and an answer that comes late is wiped', async () => {
  letAllGo()
  const [first, same, other] = [keyToOpen(wanted('1')), keyToOpen(wanted('1')), keyToOpen(wanted('2'))]
  await soon()
  assert.equal(question.value?.wanted?.id, '1')
  const asked = question.value
  const one = key('1')
  asked?.answer(one)
  assert.equal(await first, one)
  assert.equal(await same, one)
  await soon()
  assert.equal(question.value?.wanted?.id, '2')
  const late = key('9')
  asked?.answer(late)
  assert.equal(late.wiped, true)
  assert.equal(question.value?.wanted?.id, '2')
  question.value?.answer(null)
  await assert.rejects(other, { code: 'key-needed' })
  assert.equal(question.value, null)
  assert.equal(await keyToOpen(wanted('1')), one, 'what is held is not asked for')
})

test('a key that opens a file does not seal the next ones', async () => {
  letAllGo()
  const opening = keyToOpen(wanted('1'))
  await soon()
  question.value?.answer(key('1'))
  await opening
  assert.equal(sealingKey.value, null)
  const sealing = keyToSeal()
  await soon()
  assert.equal(question.value?.wanted, null)
  question.value?.answer(key('2'))
  assert.equal((await sealing).id, '2')
  const choosing = chooseSealingKey()
  await soon()
  question.value?.answer(null)
  assert.equal((await choosing)?.id, '2', 'who chooses none keeps the one before')
})

test('passphrases are rated by length and variety', () => {
  for (const text of ['', 'elevenchars', 'a\u0301bcdefghijk']) assert.equal(strengthOf(text), 'short', text)
  for (const text of ['passwordpassword', '123456789012', 'aaaaaaaaaaaaaaaa', 'abcdefghijklmnop', '2026 11 30 22 10']) assert.equal(strengthOf(text), 'weak', text)
  for (const text of ['violin tractor pepper', 'Tr0ub4dor&3xyz']) assert.notEqual(strengthOf(text), 'weak', text)
  assert.equal(strengthOf('violin tractor moonlight pepper'), 'good')
  assert.equal(MIN_PASSPHRASE, DEMANDED)
})

test('a salt is the same for one publisher at one page, and another for everybody else', async () => {
  const salts = await Promise.all([['a', 'b', null], ['a', 'b', ''], ['a', 'c', null], ['ab', '', null], ['a', '', 'b']].map(([page, publisher, folder]) => saltOf(page ?? '', publisher ?? '', folder ?? null)))
  assert.ok(salts.every(({ length }) => length === 16))
  assert.deepEqual(await saltOf('a', 'b', null), salts[0])
  assert.equal(new Set(salts.slice(1).map((salt) => salt.join())).size, 4)
})

test('an envelope names its publisher’s key, or none', () => {
  const id = '18ae289e4fc166b77468b116'
  const envelope = { 'x-amz-w': '02', 'x-amz-m': JSON.stringify({ 'keyfront-key': id }) }
  assert.equal(publisherKeyId(envelope), id)
  assert.equal(spacedId(id), '18ae 289e 4fc1 66b7 7468 b116')
  const others = [null, undefined, {}, { 'x-amz-w': '12', 'x-amz-m': envelope['x-amz-m'] }, { 'x-amz-w': '02' }, { 'x-amz-w': '02', 'x-amz-m': 'null' }, { 'x-amz-w': '02', 'x-amz-m': '{"master-key":"dev"}' }, { 'x-amz-w': '02', 'x-amz-m': '{"keyfront-key":"<b>"}' }, { 'x-amz-w': '02', 'x-amz-m': '{' }]
  for (const other of others) assert.equal(publisherKeyId(other as never), null, JSON.stringify(other))
  noteDescribed({ key: 'a', envelope })
  assert.ok(knownSealed.value.has('a'))
  note('a', false)
  assert.equal(knownSealed.value.has('a'), false)
  // A page of a listing says so of all its objects; where it does not look, what is known stays.
  note('b', true)
  noteListed([{ key: 'a', envelope }, { key: 'b', envelope: null }, { key: 'c' }])
  assert.deepEqual([...knownSealed.value], ['a'])
  noteListed([{ key: 'a' }])
  assert.deepEqual([...knownSealed.value], ['a'])
})

test('what is sealed goes straight to S3, in a mode that the rule allows', () => {
  const rule = (...encryption: string[]): Rule => ({ encryption } as unknown as Rule)
  assert.equal(storageModeFor(rule('envelope-kms', 'sse-kms', 'sse-s3'), undefined), 'sse-kms')
  assert.equal(storageModeFor(rule('sse-kms', 'sse-s3'), 'sse-s3'), 'sse-s3')
  assert.equal(storageModeFor(rule('sse-kms', 'envelope-kms'), 'envelope-kms'), 'sse-kms')
  assert.equal(storageModeFor(rule('envelope-kms', 'sse-c'), undefined), null)
  assert.equal(SEAL_LENGTH, TAG)
})

test('a file is sealed once for all its attempts, and its data key is forgotten at the end', async () => {
  const sealings = new Sealings()
  let begun = 0
  const closed: number[] = []
  const sealer: Sealer = { seal: async () => { const number = ++begun; return { metadata: {}, length: 1, slice: async () => new Blob(), close: () => closed.push(number) } satisfies SealedFile } }
  const never = new AbortController().signal
  const of = (signal = never) => sealings.of('a', new Blob(), async () => sealer, signal)
  const first = await of()
  first.token = 'token'
  sealings.endUnlessBegun('a')
  assert.equal(await of(), first, 'S3 holds parts of it')
  assert.equal(sealings.end('a'), 'token')
  assert.deepEqual(closed, [1])
  assert.notEqual(await of(), first)
  sealings.endUnlessBegun('a')
  assert.deepEqual(closed, [1, 2])
  const stopped = new AbortController()
  stopped.abort()
  await assert.rejects(of(stopped.signal), { name: 'AbortError' })
  assert.deepEqual(closed, [1, 2, 3])
  assert.equal(sealings.find('a'), undefined)
})

test('Golden Retriever sees no file that is sealed', () => {
  const file = (isSealed: boolean) => ({ meta: { isSealed } })
  const plain = { files: { a: file(false) }, currentUploads: { u: { fileIDs: ['a'] } } } as never
  assert.equal(withoutSealed(plain), plain)
  const state = { files: { a: file(false), b: file(true) }, currentUploads: { u: { fileIDs: ['a', 'b'] }, v: { fileIDs: ['b'] } } } as never
  const seen = withoutSealed(state)
  assert.deepEqual(Object.keys(seen.files), ['a'])
  assert.deepEqual(seen.currentUploads, { u: { fileIDs: ['a'] } })
})

test('names of another person, or what is none, are not shown', () => {
  assert.deepEqual(endedOf(JSON.stringify({ owner: 'me', names: ['a', 1, 'b'], others: 7 }), 'me'), { names: ['a', 'b'], others: 7 })
  assert.deepEqual(endedOf(JSON.stringify({ owner: 'me', names: ['a'], others: -1 }), 'me'), { names: ['a'], others: 0 })
  for (const text of [null, 'null', '[]', '{}', '{"owner":"me"}', JSON.stringify({ owner: 'you', names: ['a'], others: 2 })]) {
    assert.deepEqual(endedOf(text, 'me'), { names: [], others: 0 }, String(text))
  }
})

test('every way in which sealing fails has words in both languages', () => {
  for (const code of Object.keys(WORDS.en.problems)) {
    assert.ok(Object.hasOwn(en.problems, code), code)
    assert.ok(Object.hasOwn(de.problems, code), code)
  }
  assert.equal(asProblem(new SealingError('altered', 'x')).code, 'altered')
})
