import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyPath, splitExtension, thumbnailKey, isThumbnail } from '../src/api/paths.ts'
import { keyFor, numbered, sealedName, shortened, tagsOf } from '../src/upload/names.ts'

const bytes = (text: string): number => new TextEncoder().encode(text).length

test('a key is the folder and the path, composed', () => {
  assert.equal(keyFor('a/', 'b/c.txt'), 'a/b/c.txt')
  assert.equal(keyFor('', 'u\u0308.txt'), '\u00fc.txt')
  assert.equal(keyFor('a/', '/b//c.txt'), 'a/b/c.txt')
})

test('what no address can have gets a name that every address can have', () => {
  assert.equal(keyFor('', '..'), '__')
  assert.equal(keyFor('', 'a/./b'), 'a/_/b')
  assert.equal(keyFor('', 'line\nend\u007f.txt'), 'line_end_.txt')
  assert.equal(keyFor('', '\ud800.txt'), '\ufffd.txt')
  assert.equal(keyFor('', '.keyfront/x'), '_keyfront/x')
  assert.equal(keyFor('a/', '.thumbnails/x'), 'a/_thumbnails/x')
  assert.equal(keyFor('', '.hidden'), '.hidden')
  assert.equal(keyFor('', ''), '_')
})

test('a key that is too long keeps its extension and no half character', () => {
  for (const character of ['a', 'ö', '🎉', '👩‍👩‍👧']) {
    const key = keyFor('folder/', `${character.repeat(1100)}.jpeg`)
    assert.ok(bytes(key) <= 1024 && bytes(key) > 990, `${bytes(key)}`)
    assert.match(key, /^folder\/.+\.jpeg$/u)
    assert.ok(!key.includes('\ufffd'))
  }
})

test('a sealed name has at most 255 bytes and no control characters', () => {
  assert.equal(sealedName('a\tb.txt'), 'a_b.txt')
  assert.equal(sealedName(''), undefined)
  const long = sealedName(`${'ö'.repeat(200)}.txt`) ?? ''
  assert.ok(bytes(long) <= 255 && long.endsWith('.txt'))
  assert.ok(bytes(sealedName(`a.${'x'.repeat(400)}`) ?? '') <= 255)
})

test('a second file of a name gets a number, and never two', () => {
  assert.equal(numbered('a/photo.jpg', 2), 'a/photo (2).jpg')
  assert.equal(numbered('a/photo (2).jpg', 3), 'a/photo (3).jpg')
  assert.equal(numbered('a.b/README', 2), 'a.b/README (2)')
  assert.equal(numbered('.hidden', 2), '.hidden (2)')
})

test('tags are separated by commas, once each, sixteen at most', () => {
  assert.deepEqual(tagsOf(' sea, sun ,, sea,'), ['sea', 'sun'])
  assert.equal(tagsOf(Array.from({ length: 30 }, (_, at) => `t${at}`).join()).length, 16)
  assert.ok(bytes(tagsOf('ü'.repeat(80))[0] ?? '') <= 64)
})

test('texts are cut between characters', () => {
  assert.equal(shortened('aö', 2), 'a')
  assert.equal(shortened('👩‍👩‍👧b', 4), '')
})

test('keys stand in addresses with every character but slashes encoded', () => {
  assert.equal(keyPath('a b/#%?+ü.txt'), 'a%20b/%23%25%3F%2B%C3%BC.txt')
  assert.equal(keyPath("it's (1)!*"), 'it%27s%20%281%29%21%2A')
})

test('a leading dot begins no extension', () => {
  assert.deepEqual(splitExtension('.gitignore'), ['.gitignore', ''])
  assert.deepEqual(splitExtension('a.tar.gz'), ['a.tar', '.gz'])
})

test('small pictures lie beside their originals', () => {
  assert.equal(thumbnailKey('a/b.png'), 'a/.thumbnails/b.png.webp')
  assert.equal(thumbnailKey('b.png'), '.thumbnails/b.png.webp')
  assert.ok(isThumbnail('a/.thumbnails/b.png.webp') && isThumbnail('.thumbnails/x') && !isThumbnail('a/x.thumbnails/y'))
})
