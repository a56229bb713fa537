// Logins at real issuers, and tokens that end while somebody works: nothing is answered in anybody's place.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scratch } from './files.mjs'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signIn, startUpload, text, uploaded } from './person.mjs'
import { api, isExam, keyfront, suite } from './stack.mjs'

/** The folder that the page begins in: the person's own. */
async function ownFolder(page) {
  await page.waitForURL(/#\/files\/people\//)
  return decodeURIComponent(new URL(page.url()).hash.replace('#/files/', ''))
}

async function uploadOne(page, folder, name, content) {
  await openUpload(page, folder)
  await choose(page, [text(name, content)])
  await startUpload(page)
  await uploaded(page, 1)
}

suite('the issuer of the dev stack', (shared) => {
  /** A tab of somebody who logs in by this name. */
  async function loggedIn(name) {
    const page = await newTab(shared)
    await page.goto(shared.stack.page)
    await page.getByRole('button', { name: 'Sign in with dev' }).click()
    await page.getByLabel('Name (the subject of the token)').fill(name)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('navigation', { name: 'Sections' }).waitFor()
    return page
  }

  it('who logs in at an issuer publishes into a folder of their own, and nobody else sees it', async () => {
    const ada = await loggedIn('ada')
    assert.ok(!ada.url().includes('code='))
    const folder = await ownFolder(ada)
    await uploadOne(ada, folder, 'hers.txt', 'written by ada')
    assert.equal((await api(shared.stack).content(`${folder}hers.txt`)).toString(), 'written by ada')
    const grace = await loggedIn('grace')
    const other = await ownFolder(grace)
    assert.notEqual(other, folder)
    await openFolder(grace, folder)
    await grace.getByText('Your rules do not allow listing files.').waitFor()
    await openUpload(grace, folder)
    await grace.getByText('Your rules do not allow uploads into this folder.').waitFor()
    for (const page of [ada, grace]) assertCalm(page)
    await ada.context().close()
    await grace.context().close()
  })
}, { args: ['--viewers'] })

const ISSUER = fileURLToPath(new URL('../issuer', import.meta.url))
const noIssuer = existsSync(join(ISSUER, 'node_modules')) ? false : 'no oidc-provider: npm ci --prefix tests/issuer'

/** An OpenID provider that nobody here wrote, which sends people back to the page. */
async function startIssuer({ page }) {
  const process = spawn('node', ['run.mjs', page, page], { cwd: ISSUER, stdio: ['pipe', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: process.stdout })) return { process, url: line.trim() }
  throw new Error('the issuer did not start')
}

/** Writes the policy as an operator does, with a client that nobody here wrote. */
function writePolicy({ dev }, policy) {
  const file = join(scratch, 'publishers.json')
  writeFileSync(file, JSON.stringify(policy))
  const { access_key_id: id, secret_access_key: secret } = dev.credentials.admin
  execFileSync('curl', ['--silent', '--show-error', '--fail', '--aws-sigv4', `aws:amz:${dev.region}:s3`, '--user', `${id}:${secret}`, '--header', 'x-amz-content-sha256: UNSIGNED-PAYLOAD', '--upload-file', file, `${dev.s3_url}/${dev.bucket}/.keyfront/publishers.json`])
}

const rule = (prefix) => ({ prefix, methods: ['LIST', 'HEAD', 'READ', 'PUT', 'DELETE'], max_size: 1 << 20, content_types: ['*/*'] })

suite('a foreign issuer, and tokens that end', (shared) => {
  it('whose token ends meanwhile is told so, nothing is shown as done, and signing in again goes on', async () => {
    // First of all, while it still is one.
    const { former, next } = shared.tokens
    const page = await newTab(shared)
    await signIn(page, { ...shared.stack, token: former })
    await openUpload(page, 'worked')
    await choose(page, [text('after.txt', 'sent after all')])
    const isOver = async () => (await fetch(`${shared.stack.api}/publisher`, { headers: { authorization: `Bearer ${former}` } })).status === 401
    while (!await isOver()) await page.waitForTimeout(200)
    await startUpload(page)
    const dialog = page.getByRole('alertdialog', { name: 'Sign in again' })
    await dialog.waitFor()
    assert.equal(await page.getByText('1 file uploaded.').count(), 0)
    assert.equal(await page.locator('.uppy-Dashboard-Item.is-complete').count(), 0)
    await dialog.getByLabel('Access token', { exact: true }).fill(next)
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
    await uploaded(page, 1)
    assert.equal((await api({ ...shared.stack, token: next }).content('worked/after.txt')).toString(), 'sent after all')
    await page.context().close()
  })

  it('a provider that nobody here wrote logs people in by code and PKCE, and the origin believes its token', async () => {
    const page = await newTab(shared)
    await page.goto(shared.stack.page)
    await page.getByRole('button', { name: 'Sign in with foreign' }).click()
    await page.locator('input[name=login]').fill('joan')
    await page.locator('input[name=password]').fill('anything')
    await page.locator('button[type=submit]').click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('navigation', { name: 'Sections' }).waitFor()
    const folder = await ownFolder(page)
    await uploadOne(page, folder, 'theirs.txt', 'through another issuer')
    await openFolder(page, folder)
    await item(page, 'theirs.txt').click()
    await page.getByRole('dialog', { name: 'theirs.txt' }).getByText('through another issuer').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a publisher who is removed is told so within a minute', { skip: isExam ? false : 'KEYFRONT_EXAM=1 runs it' }, async () => {
    const page = await newTab(shared)
    await signIn(page, { ...shared.stack, token: shared.tokens.next })
    keyfront(shared.stack, 'publisher', 'remove', 'worker')
    const removed = Date.now()
    const dialog = page.getByRole('alertdialog', { name: 'Sign in again' })
    while (!await dialog.isVisible()) {
      assert.ok(Date.now() - removed < 65_000, 'the removed publisher is still believed')
      await page.getByRole('button', { name: 'Refresh' }).click({ timeout: 1000 }).catch(() => {})
      await page.waitForTimeout(500)
    }
    console.log(`a removed publisher was refused after ${Math.round((Date.now() - removed) / 1000)} s`)
    await page.context().close()
  })
}, {
  skip: noIssuer,
  // Before the origin reads its policy for the first time: it would keep that for a minute.
  prepare: async (shared) => {
    const { process, url } = await startIssuer(shared.stack)
    shared.issuer = process
    writePolicy(shared.stack, {
      v: 2,
      issuers: [{ id: 'foreign', issuer: url, jwks_uri: `${url}/jwks`, audiences: ['web'] }],
      logins: [{ issuer: 'foreign', client_id: 'web', authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token`, scopes: [] }],
      publishers: [{ id: 'people', identities: [{ oidc: { issuer: 'foreign' } }], rules: [rule('people/{sub}/')] }],
    })
    const former = keyfront(shared.stack, 'publisher', 'add', 'worker', '--prefix', 'worked/')
    shared.tokens = { former, next: keyfront(shared.stack, 'publisher', 'rotate', 'worker', '--overlap', '10s') }
  },
})
