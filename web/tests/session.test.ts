import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizationUrl, challengeOf, randomText, validated } from '../src/session/oidc.ts'
import type { PendingLogin } from '../src/session/storage.ts'
import { addressFor, parsed } from '../src/ui/route.ts'

const pending: PendingLogin = { issuer: 'staff', state: 's', nonce: 'n', verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', remember: false, hash: '' }

test('the challenge is that of RFC 7636, appendix B', async () => {
  assert.equal(await challengeOf(pending.verifier), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('an issuer is asked for a code, with everything that binds it', async () => {
  const login = { issuer: 'staff', authorization_endpoint: 'https://login.example.com/authorize?tenant=1', client_id: 'page', scopes: ['email'] }
  const url = new URL(await authorizationUrl(login, pending, 'https://files.example.com/'))
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    tenant: '1', response_type: 'code', client_id: 'page', redirect_uri: 'https://files.example.com/', scope: 'openid email', state: 's', nonce: 'n',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
  })
})

test('an answer that this tab did not ask for is none', () => {
  assert.throws(() => validated(new URLSearchParams('code=c&state=other'), pending), { code: 'login-refused' })
  assert.throws(() => validated(new URLSearchParams('code=c&state=s'), null), { code: 'login-refused' })
  assert.throws(() => validated(new URLSearchParams('error=access_denied&state=s'), pending), { detail: 'access_denied' })
  assert.equal(validated(new URLSearchParams('code=c&state=s'), pending).code, 'c')
})

test('random texts are 256 bits and never repeat', () => {
  const texts = new Set(Array.from({ length: 100 }, randomText))
  assert.equal(texts.size, 100)
  for (const text of texts) assert.match(text, /^[\w-]{43}$/)
})

test('every folder has an address, and every address a place', () => {
  for (const folder of ['', 'a/', 'a b/#?%/ü/', '%2F/', '<b>/']) {
    assert.deepEqual(parsed(addressFor({ section: 'files', folder })), { section: 'files', folder })
  }
  assert.deepEqual(parsed(''), { section: 'files', folder: '' })
  assert.deepEqual(parsed('#/nowhere/x'), { section: 'files', folder: 'x' })
  assert.deepEqual(parsed('#/files/%ff/'), { section: 'files', folder: '%ff/' })
  assert.deepEqual(parsed('#/deleted'), { section: 'deleted', folder: '' })
})
