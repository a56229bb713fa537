// Signing in, being forgotten, and being refused.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { assertCalm, choose, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text } from './person.mjs'
import { api, keyfront, picture, suite } from './stack.mjs'

const refusal = (code, status, title) => ({ status, contentType: 'application/problem+json', body: JSON.stringify({ type: `urn:keyfront:${code}`, code, status, title, request_id: 'test-request-1' }) })

suite('session', (shared) => {
  it('a person signs in with a token and sees who they are and what they may do', async () => {
    const page = await newTab(shared)
    await page.goto(shared.stack.page)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await picture(page, 'sign-in')
    await signIn(page, shared.stack)
    await page.getByRole('button', { name: 'Account' }).click()
    const account = page.getByRole('dialog', { name: 'Account' })
    await account.getByText('Signed in as').waitFor()
    assert.match(await account.textContent(), /Everywhere.*list.*upload.*delete/)
    await picture(page, 'account')
    assertCalm(page)
    await page.context().close()
  })

  it('a token that is not valid is refused with what to do, the code and the request id', async () => {
    const page = await newTab(shared)
    await page.goto(shared.stack.page)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('Paste your access token first.').waitFor()
    await page.getByLabel('Access token', { exact: true }).fill('kf_wrong')
    await page.keyboard.press('Enter')
    const notice = page.getByRole('alert').filter({ hasText: 'not valid' })
    await notice.waitFor()
    assert.match(await notice.textContent(), /Check that you pasted all of it.*\(unauthenticated, Request [\w-]+\)/)
    await page.context().close()
  })

  it('a token is forgotten when the page is loaded again, and is in no storage', async () => {
    const page = await signedIn(shared)
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))
    assert.ok(!stored.includes(shared.stack.token))
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.context().close()
  })

  it('a token is kept for the tab where that was asked for, never longer and never beside it', async () => {
    const page = await signedIn(shared, { remember: true })
    await page.reload()
    await page.getByRole('navigation', { name: 'Sections' }).waitFor()
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes(shared.stack.token))
    const other = await page.context().newPage()
    await other.goto(shared.stack.page)
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes(shared.stack.token))
    await page.context().close()
  })

  it('a login goes to the issuer with PKCE and comes back without a trace in the address', async () => {
    const page = await newTab(shared)
    const issuer = 'https://login.example.test/authorize'
    const login = { issuer: 'staff', authorization_endpoint: issuer, client_id: 'page', scopes: ['email'] }
    await page.route('**/page/settings', (route) => route.fulfill({ json: { logins: [login], content_url: null } }))
    let asked
    await page.route(`${issuer}?**`, (route) => {
      asked = new URL(route.request().url()).searchParams
      return route.fulfill({ status: 302, headers: { location: `${asked.get('redirect_uri')}?code=the-code&state=${asked.get('state')}` } })
    })
    let exchanged
    await page.route('**/page/login', (route) => {
      exchanged = route.request().postDataJSON()
      return route.fulfill({ json: { token: shared.stack.token, expires: null } })
    })
    await page.goto(shared.stack.page)
    await page.getByRole('button', { name: 'Sign in with staff' }).click()
    await page.getByRole('navigation', { name: 'Sections' }).waitFor()
    assert.equal(asked.get('response_type'), 'code')
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.deepEqual(asked.get('scope').split(' ').sort(), ['email', 'openid'])
    assert.deepEqual([exchanged.issuer, exchanged.code, exchanged.redirect_uri], ['staff', 'the-code', shared.stack.page])
    assert.equal(createHash('sha256').update(exchanged.code_verifier).digest('base64url'), asked.get('code_challenge'))
    assert.ok(!page.url().includes('code='))
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes(exchanged.code_verifier))
    await page.context().close()
  })

  it('a code that this tab did not ask for is refused', async () => {
    const page = await newTab(shared)
    let exchanges = 0
    await page.route('**/page/login', (route) => { exchanges += 1; return route.abort() })
    await page.goto(`${shared.stack.page}?code=stolen&state=other`)
    await page.getByText('The login was not completed.').waitFor()
    assert.equal(exchanges, 0)
    assert.ok(!page.url().includes('code='))
    await page.context().close()
  })

  it('who signs out leaves nothing on the machine, and is asked where uploads would end', async () => {
    const page = await signedIn(shared)
    await openUpload(page, 'left')
    await choose(page, [text('private.txt', 'mine')])
    const copies = () => page.evaluate(async () => {
      if (!(await indexedDB.databases()).some(({ name }) => name === 'uppy-blobs')) return 'no copies'
      return new Promise((resolve) => {
        const request = indexedDB.open('uppy-blobs')
        request.onsuccess = () => {
          const all = request.result.transaction('files').objectStore('files').getAllKeys()
          all.onsuccess = () => { request.result.close(); resolve(`${all.result.length} copies`) }
        }
      })
    })
    while (await copies() !== '1 copies') await page.waitForTimeout(50)
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    const question = page.getByRole('alertdialog', { name: 'Sign out' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await question.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.equal(await copies(), 'no copies')
    await page.context().close()
  })

  it('what the rules forbid is not offered', async () => {
    const page = await newTab(shared)
    const rule = { prefix: 'read/', methods: ['LIST', 'HEAD', 'READ'], max_size: 1, content_types: ['*/*'], overwrite: false, cache_control: 'no-store', encryption: ['sse-kms'], max_lifetime: 60 }
    await api(shared.stack).put('read/only.txt', 'x')
    await page.route('**/publisher', (route) => route.fulfill({ json: { publisher: 'reader', credential: null, folder: null, rules: [rule] } }))
    await signIn(page, shared.stack)
    await page.getByText('only.txt').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Upload', exact: true }).count(), 0)
    await page.getByRole('button', { name: /only\.txt/ }).click()
    const details = page.getByRole('dialog', { name: 'only.txt' })
    await details.getByRole('button', { name: 'Share' }).waitFor()
    assert.equal(await details.getByRole('button', { name: 'Delete' }).count(), 0)
    await page.context().close()
  })

  it('files that may be listed and not looked at are listed by their names in the bucket', async () => {
    const page = await newTab(shared)
    await api(shared.stack).put('listed/only.txt', 'x')
    await signIn(page, { ...shared.stack, token: shared.lister })
    await openFolder(page, 'listed/')
    await page.getByText('only.txt').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a refusal by the rules is said where it happened, with its code', async () => {
    const page = await signedIn(shared)
    await page.route(/\/objects\?/, (route) => route.fulfill(refusal('forbidden', 403, "the publisher's rules do not allow this")))
    await openFolder(page, 'elsewhere/')
    const notice = page.getByRole('alert').filter({ hasText: 'Your rules do not allow this.' })
    await notice.waitFor()
    assert.match(await notice.textContent(), /\(forbidden, Request test-request-1\)/)
    await page.context().close()
  })
}, {
  // Before the origin reads its policy for the first time: it would keep that for a minute.
  prepare: async (shared) => { shared.lister = keyfront(shared.stack, 'publisher', 'add', 'lister', '--prefix', 'listed/', '--methods', 'list') },
})
