import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Publisher, Rule } from '../src/api/wire.ts'
import { containsType, refusalOf, Rules } from '../src/session/rules.ts'

const rule = (prefix: string, change: Partial<Rule> = {}): Rule => ({
  prefix, methods: ['LIST', 'HEAD', 'READ', 'PUT', 'DELETE'], max_size: 100, content_types: ['*/*'], overwrite: true, cache_control: 'no-store', encryption: ['sse-kms'], max_lifetime: 60, ...change,
})
const rulesOf = (...rules: Rule[]): Rules => new Rules({ publisher: 'p', credential: null, folder: 'abc', rules } satisfies Publisher)

test('the longest prefix alone decides', () => {
  const rules = rulesOf(rule(''), rule('a/', { methods: ['LIST'] }), rule('a/b/', { methods: ['PUT'] }))
  assert.ok(rules.allows('DELETE', 'x'))
  assert.ok(!rules.allows('DELETE', 'a/x') && rules.allows('LIST', 'a/x'))
  assert.ok(rules.allows('PUT', 'a/b/x') && !rules.allows('LIST', 'a/b/x'))
})

test('a folder above what is allowed can be walked through', () => {
  const rules = rulesOf(rule('a/b/'))
  assert.ok(!rules.allows('LIST', 'a/') && rules.allowsBelow('LIST', 'a/') && rules.allowsBelow('LIST', ''))
  assert.ok(!rules.allowsBelow('LIST', 'c/'))
})

test('details are asked for where every rule that a listing shows allows them', () => {
  const without = rule('a/b/', { methods: ['LIST'] })
  const hidden = rule('a/c/', { methods: ['PUT'] })
  assert.ok(rulesOf(rule('a/'), hidden).allowsListed('HEAD', 'a/'))
  assert.ok(!rulesOf(rule('a/'), without).allowsListed('HEAD', 'a/'))
  assert.ok(!rulesOf(without).allowsListed('HEAD', 'a/b/c/'))
  assert.ok(rulesOf(rule('a/'), without).allowsListed('HEAD', 'a/d/'))
})

test('the own folder stands in place of {sub}, and without one the rule is not there', () => {
  assert.ok(rulesOf(rule('people/{sub}/')).allows('PUT', 'people/abc/x'))
  const nobody = new Rules({ publisher: 'p', credential: null, folder: null, rules: [rule('people/{sub}/')] })
  assert.equal(nobody.all.length, 0)
})

test('roots are the shortest prefixes', () => {
  assert.deepEqual(rulesOf(rule('b/'), rule('a/'), rule('a/x/')).roots('LIST'), ['a/', 'b/'])
  assert.deepEqual(rulesOf(rule('', { methods: ['PUT'] }), rule('a/')).roots('LIST'), ['a/'])
})

test('a file is refused for its folder, its type or its size', () => {
  const rules = rulesOf(rule('img/', { content_types: ['image/*'], max_size: 10 }))
  assert.equal(refusalOf(rules, 'x', 1, 'image/png')?.why, 'folder')
  assert.equal(refusalOf(rules, 'img/x', 1, 'text/plain')?.why, 'type')
  assert.equal(refusalOf(rules, 'img/x', 11, 'image/png')?.why, 'size')
  assert.equal(refusalOf(rules, 'img/x', 10, 'image/png'), null)
})

test('types are compared without parameters and without case', () => {
  assert.ok(containsType('text/plain', 'Text/Plain; charset=utf-8') && containsType('image/*', 'image/png') && containsType('*/*', 'x/y'))
  assert.ok(!containsType('image/*', 'imagex/png') && !containsType('image/png', 'image/pngx'))
})

test('nothing is replaced where the rule does not say so', () => {
  assert.ok(rulesOf(rule('a/')).mayReplace('a/x'))
  assert.ok(!rulesOf(rule('a/', { overwrite: false })).mayReplace('a/x'))
  assert.ok(!rulesOf(rule('a/', { methods: ['LIST'] })).mayReplace('a/x'))
})
