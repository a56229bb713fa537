import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../src/api/problem.ts'
import { de } from '../src/i18n/de.ts'
import { en } from '../src/i18n/en.ts'
import { formatBytes, formatDuration, formatExactTime, formatSize, formatTime } from '../src/i18n/format.ts'
import { preferred } from '../src/i18n/language.ts'
import { problemText } from '../src/i18n/problems.ts'
import { reachText, slowest } from '../src/i18n/reach.ts'

process.env.TZ = 'Europe/Berlin'

test('a problem says what to do, its code and its request', () => {
  const text = problemText(en, new Problem(403, 'forbidden', 'title', 'the rule for "a/" does not allow DELETE', 'r-1'))
  assert.equal(text, 'Your rules do not allow this. The rule for "a/" does not allow DELETE. (forbidden, Request r-1)')
  assert.match(problemText(en, new Problem(0, 'network', 'x', null, null)), /network.*\(network\)$/)
})

test('codes that nobody knows have words as well, and names of objects are no codes', () => {
  assert.equal(problemText(en, new Problem(418, 'teapot', 'I am a teapot', null, null)), 'It failed: I am a teapot. (teapot)')
  assert.match(problemText(en, new Problem(502, 'kms-denied', 'x', 'secret of the operator', null)), /^The server cannot do it just now/)
  assert.match(problemText(en, new Problem(400, 'constructor', 'odd', null, null)), /^It failed: odd/)
})

test('what is the operator’s is not shown', () => {
  assert.ok(!problemText(en, new Problem(500, 'policy-invalid', 'x', 'line 7', null)).includes('line 7'))
})

test('every language has every text, and none is empty', () => {
  const compare = (a: object, b: object, path: string): void => {
    assert.deepEqual(Object.keys(b).sort(), Object.keys(a).sort(), path)
    for (const [name, value] of Object.entries(a)) {
      const other = (b as Record<string, unknown>)[name]
      assert.equal(typeof other, typeof value, `${path}.${name}`)
      if (typeof value === 'string') assert.notEqual(other, '', `${path}.${name}`)
      else if (typeof value === 'object') compare(value as object, other as object, `${path}.${name}`)
    }
  }
  compare(en, de, '')
})

test('the first preferred language that is there counts', () => {
  assert.equal(preferred(['fr-FR', 'de-AT', 'en']), 'de')
  assert.equal(preferred(['fr']), 'en')
  assert.equal(preferred([]), 'en')
})

test('sizes are rounded before they get their unit', () => {
  assert.equal(formatSize(0, 'en'), '0 bytes')
  assert.equal(formatSize(1, 'en'), '1 byte')
  assert.equal(formatSize(999_960, 'en'), '1 MB')
  assert.equal(formatSize(1_234_567, 'de'), '1,2 MB')
  assert.equal(formatBytes(1_234_567, 'en'), '1,234,567 bytes')
})

test('times are in the reader’s zone, and what is none is a dash', () => {
  assert.match(formatTime('2026-11-30T23:30:00Z', 'en-GB'), /1 Dec 2026, 00:30/)
  assert.match(formatExactTime('2026-06-30T23:30:00Z', 'en-GB'), /1 July 2026.*01:30:00 (?:CEST|GMT\+2)/)
  assert.equal(formatTime('yesterday', 'en'), '–')
  assert.equal(formatTime(null, 'en'), '–')
})

test('durations have two units at most', () => {
  assert.equal(formatDuration(3600, 'en'), '1 hour')
  assert.equal(formatDuration(3725, 'en'), '1 hour 2 minutes')
  assert.equal(formatDuration(0.2, 'en'), '1 second')
  assert.equal(formatDuration(604_800, 'en'), '7 days')
})

test('what the CDN does is said in words, and nothing where it says nothing', () => {
  assert.equal(reachText(en, 'invalidated', 'en'), 'Readers’ copies are gone at once.')
  assert.equal(reachText(en, 'expires-in 300', 'en'), 'Readers may see the earlier copy for up to 5 minutes.')
  assert.equal(reachText(en, undefined, 'en'), null)
  assert.equal(reachText(en, 'something else', 'en'), null)
  assert.equal(slowest(['invalidated', 'expires-in 60', 'expires-in 300', undefined]), 'expires-in 300')
})
