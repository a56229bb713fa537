import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListedObject } from '../src/api/wire.ts'
import { arranged, entryOf, type Arrangement } from '../src/gallery/arrange.ts'
import { kindOf } from '../src/gallery/kind.ts'
import { drawn, moved } from '../src/gallery/window.ts'
import { lifetimes } from '../src/share/lifetimes.ts'

const object = (key: string, change: Partial<ListedObject> = {}): ListedObject => ({ key, path: `/${key}`, etag: null, size: 1, last_modified: '2026-11-30T12:00:00Z', metadata: null, ...change })
const named = (name: string, tags: string[] = []): Partial<ListedObject> => ({ metadata: { uploader: 'p', uploaded_at: null, file_name: name, tags } })
const order = (list: ListedObject[], change: Partial<Arrangement> = {}): string[] =>
  arranged(list.map(entryOf), { search: '', kind: 'all', sort: 'name-up', ...change }, 'de').map(({ name }) => name)

test('files are called by their original name, and by their key where there is none', () => {
  assert.equal(entryOf(object('a/b', named('Ölbild.png'))).name, 'Ölbild.png')
  assert.equal(entryOf(object('a/b.txt')).name, 'b.txt')
  assert.equal(entryOf(object('a/b.txt', { metadata: { invalid: true } })).name, 'b.txt')
})

test('names are ordered as people order them', () => {
  assert.deepEqual(order([object('z'), object('ä'), object('b10'), object('b9'), object('B8')]), ['ä', 'B8', 'b9', 'b10', 'z'])
  assert.deepEqual(order([object('a', { size: 1 }), object('b', { size: 3 }), object('c', { size: 2 })], { sort: 'size-down' }), ['b', 'c', 'a'])
})

test('every word has to be in name, key or tags, whatever its case', () => {
  const list = [object('x/1', named('Sommer Fest.jpg', ['2026'])), object('x/2', named('Winter.jpg', ['Fest']))]
  assert.deepEqual(order(list, { search: 'FEST' }).length, 2)
  assert.deepEqual(order(list, { search: 'fest 2026' }), ['Sommer Fest.jpg'])
  assert.deepEqual(order(list, { search: 'ｆｅｓｔ' }).length, 2)
})

test('ten thousand are arranged in a moment', () => {
  const entries = Array.from({ length: 10_000 }, (_, at) => entryOf(object(`many/${(at * 7919) % 10_000}.txt`)))
  const begun = performance.now()
  arranged(entries, { search: '1', kind: 'all', sort: 'name-up' }, 'en')
  assert.ok(performance.now() - begun < 1000)
})

test('kinds are told by type, otherwise by name', () => {
  assert.equal(kindOf('a.PNG'), 'image')
  assert.equal(kindOf('a.png', 'text/plain; charset=utf-8'), 'text')
  assert.equal(kindOf('a.mp4', 'application/octet-stream'), 'video')
  assert.equal(kindOf('a.zip', 'application/zip'), 'other')
  assert.equal(kindOf('noextension'), 'other')
})

test('only what can be seen is drawn, whole rows of it', () => {
  const part = drawn(10_000, { columns: 4, rowHeight: 100 }, { top: 50_000, height: 800 })
  assert.equal(part.from % 4, 0)
  assert.ok(part.from <= 500 * 4 && part.to >= 508 * 4 && part.to - part.from < 100)
  assert.equal(part.total, 250_000)
  assert.equal(part.offset, (part.from / 4) * 100)
  assert.deepEqual(drawn(0, { columns: 4, rowHeight: 100 }, { top: 0, height: 800 }), { from: 0, to: 0, offset: 0, total: 0 })
  assert.equal(drawn(10, { columns: 1, rowHeight: 100 }, { top: 1e9, height: 800 }).to, 10)
})

test('keys move within what is there', () => {
  assert.equal(moved(0, 'ArrowDown', 10, 4, 2), 4)
  assert.equal(moved(0, 'ArrowUp', 10, 4, 2), 0)
  assert.equal(moved(9, 'ArrowRight', 10, 4, 2), 9)
  assert.equal(moved(3, 'End', 10, 4, 2), 9)
  assert.equal(moved(3, 'ArrowLeft', 10, 1, 2), null)
  assert.equal(moved(3, 'q', 10, 4, 2), null)
})

test('links last for round times up to what the rule allows', () => {
  assert.deepEqual(lifetimes(3600), { choices: [3600], usual: 3600 })
  assert.deepEqual(lifetimes(900), { choices: [900], usual: 900 })
  assert.deepEqual(lifetimes(43_200), { choices: [3600, 28_800, 43_200], usual: 3600 })
  assert.equal(lifetimes(1e9).choices.at(-1), 7 * 86_400)
})
