// Sites and their releases: what is active, what a release changes, activating, rolling back, and who was faster.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertAccessible, excessOf } from './accessible.mjs'
import { assertCalm, newTab, signIn } from './person.mjs'
import { activate, announce, publish, publisher, sitesArguments } from './sites.mjs'
import { isExam, picture, suite } from './stack.mjs'

/** An activation is everywhere after 36 seconds, on this machine too. */
const EVERYWHERE_TIMEOUT = 75_000

const short = (id) => id.slice(0, 8)
const heading = (page, name) => page.getByRole('heading', { name, exact: true })
const question = (page) => page.getByRole('alertdialog')
const button = (page, name) => page.getByRole('button', { name, exact: true })
/** The part of a site that says what is active. */
const active = (page) => page.getByRole('region', { name: 'Active release' })
/** The rows of a difference, as they are read out. */
const rows = (page) => page.locator('.paths li').evaluateAll((all) => all.map((row) => [...row.querySelectorAll('.hidden-visually, .name, .small')].map((part) => part.textContent).join(' ')))

const before = { 'index.html': 'one', 'old.css': 'a { color: red }', 'gone.txt': 'gone', 'same.txt': 'same' }
const after = { 'index.html': 'two', 'new.css': 'a { color: red }', 'fresh.txt': 'fresh', 'same.txt': 'same' }

suite('releases', (shared) => {
  const open = async (hash, stack = shared.stack) => {
    const page = await newTab(shared)
    return signIn(page, stack, { hash })
  }

  it('sites show what is active since when and by whom, and which releases are there', async () => {
    const first = publish(shared.grace, 'docs', before)
    const ready = publish(shared.grace, 'docs', after, '--no-activate')
    const page = await open('', shared.grace)
    await page.getByRole('link', { name: 'Sites', exact: true }).click()
    await page.getByText(new RegExp(`Release ${short(first)} · Since .* by grace`)).waitFor()
    await page.getByRole('link', { name: 'docs', exact: true }).click()
    await heading(page, 'docs').waitFor()
    await active(page).getByRole('link', { name: `Release ${short(first)}` }).waitFor()
    await active(page).getByText(/^Since .*2026.*, by grace$/).waitFor()
    const listed = await page.locator('.releases ul.plain-list li').evaluateAll((all) => all.map((row) => [row.querySelector('.id').textContent, row.querySelector('.tag').textContent]))
    assert.deepEqual(listed, [[short(first), 'active'], [short(ready), 'ready']])
    assert.match(await page.locator('.activations li').textContent(), new RegExp(`^No. 1${short(first)}.*by grace$`))
    await picture(page, 'site')
    assertCalm(page)
    await page.context().close()
  })

  it('a release shows its files and what it changes, by kind and by path', async () => {
    publish(shared.stack, 'shown', before)
    const id = publish(shared.stack, 'shown', after, '--no-activate')
    const page = await open(`#/sites/shown/${id}`)
    await page.getByText('1 file unchanged').waitFor()
    assert.deepEqual(await rows(page), ['added fresh.txt', 'changed index.html', 'moved new.css from old.css', 'removed gone.txt'])
    const facts = await page.locator('.releases dl').textContent()
    assert.match(facts, new RegExp(`Files4Size28 bytesActivatedneverID${id}`))
    await picture(page, 'release')
    await button(page, 'Moved 1').click()
    assert.deepEqual(await rows(page), ['moved new.css from old.css'])
    await button(page, 'All 4').click()
    await page.getByLabel('Search paths').fill('OLD')
    await page.getByText('1 of 4 paths').waitFor()
    assert.deepEqual(await rows(page), ['moved new.css from old.css'])
    assertCalm(page)
    await page.context().close()
  })

  it('a release is activated after a question, and followed until it is everywhere', { timeout: EVERYWHERE_TIMEOUT + 30_000 }, async () => {
    const first = publish(shared.stack, 'docs', before)
    const next = publish(shared.stack, 'docs', after, '--no-activate')
    const page = await open(`#/sites/docs/${next}`)
    await button(page, 'Activate').click()
    await question(page).getByText(`Release ${short(next)} takes the place of ${short(first)} on “docs”.`).waitFor()
    await question(page).getByText('For readers: 1 file added, 1 file changed, 1 file moved, 1 file removed.').waitFor()
    await picture(page, 'activate')
    await question(page).getByRole('button', { name: 'Cancel' }).click()
    await question(page).waitFor({ state: 'detached' })
    await button(page, 'Activate').click()
    const asked = page.waitForRequest((request) => request.url().endsWith('/activate'))
    await question(page).getByRole('button', { name: 'Activate' }).click()
    assert.deepEqual((await asked).postDataJSON(), { replaces: first })
    await active(page).getByRole('link', { name: `Release ${short(next)}` }).waitFor()
    await active(page).getByText('on its way', { exact: true }).waitFor()
    await active(page).getByText(/^Readers may still get copies/).waitFor()
    await active(page).getByText('everywhere', { exact: true }).waitFor({ timeout: EVERYWHERE_TIMEOUT })
    await active(page).getByText(/^Everywhere since/).waitFor()
    await page.locator('[aria-live=polite]', { hasText: 'The release is everywhere' }).waitFor({ state: 'attached' })
    const { content_url: content } = await (await fetch(`${shared.stack.page}page/settings`)).json()
    assert.equal(await (await fetch(`${content}/docs/index.html`)).text(), 'two')
    assertCalm(page)
    await page.context().close()
  })

  it('the first release of a site is activated in the place of nothing, and of nothing else', async () => {
    const id = publish(shared.stack, 'first', before, '--no-activate')
    const page = await open('#/sites/first')
    await page.getByText('No release is active. Activate one that is ready.').waitFor()
    await page.locator('ul.plain-list').getByRole('link', { name: `Release ${short(id)}` }).click()
    await page.getByText('No release is active: all of its files are new.').waitFor()
    await button(page, 'Activate').click()
    await question(page).getByText(`Release ${short(id)} becomes the content of “first”.`).waitFor()
    await question(page).getByText('For readers: 4 files added.').waitFor()
    const asked = page.waitForRequest((request) => request.url().endsWith('/activate'))
    await question(page).getByRole('button', { name: 'Activate' }).click()
    assert.deepEqual((await asked).postDataJSON(), { replaces: null })
    await active(page).getByRole('link', { name: `Release ${short(id)}` }).waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('whoever signs in again finds the site that could not be read meanwhile', async () => {
    const id = publish(shared.stack, 'again', before)
    const page = await newTab(shared)
    await page.route('**/releases/again', (route) => route.fulfill({ status: 401, json: { code: 'unauthenticated', title: 'x' } }))
    await signIn(page, shared.stack, { hash: '#/sites/again' })
    const dialog = page.getByRole('alertdialog', { name: 'Sign in again' })
    await dialog.waitFor()
    await page.unroute('**/releases/again')
    await dialog.getByLabel('Access token', { exact: true }).fill(shared.stack.token)
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
    await active(page).getByRole('link', { name: `Release ${short(id)}` }).waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a rollback goes to what was active before, or to any release that was', async () => {
    const [first, second, third] = ['1', '2', '3'].map((text) => publish(shared.stack, 'back', { 'index.html': text }))
    const page = await open('#/sites/back')
    await button(page, `Roll back to ${short(second)}`).click()
    await question(page).getByText('For readers: 1 file changed.').waitFor()
    await question(page).getByRole('button', { name: 'Roll back' }).click()
    await page.getByText(`Release ${short(second)} is active.`).waitFor()
    await active(page).getByRole('link', { name: `Release ${short(second)}` }).waitFor()
    await button(page, `Roll back to ${short(third)}`).waitFor()
    await page.locator('ul.plain-list').getByRole('link', { name: `Release ${short(first)}` }).click()
    await button(page, 'Roll back to this release').click()
    await question(page).getByRole('button', { name: 'Roll back' }).click()
    await active(page).getByRole('link', { name: `Release ${short(first)}` }).waitFor()
    assert.equal(await page.locator('.activations li').count(), 5)
    assertCalm(page)
    await page.context().close()
  })

  it('whoever is slower is told who was faster, and what an activation would replace now', async () => {
    publish(shared.stack, 'docs', before)
    const mine = publish(shared.stack, 'docs', { 'index.html': 'mine' }, '--no-activate')
    const page = await open(`#/sites/docs/${mine}`)
    await button(page, 'Activate').click()
    await question(page).getByText('For readers: 1 file changed, 3 files removed.').waitFor()
    const theirs = publish(shared.grace, 'docs', { 'index.html': 'theirs', 'extra.html': 'theirs' })
    await question(page).getByRole('button', { name: 'Activate' }).click()
    await question(page).getByText(new RegExp(`^grace was faster and activated ${short(theirs)} \\(.*You have changed nothing yet\\. \\(release-conflict, Request [\\w-]+\\)$`)).waitFor()
    await question(page).getByText(`Release ${short(mine)} takes the place of ${short(theirs)} on “docs”.`).waitFor()
    await question(page).getByText('For readers: 1 file changed, 1 file removed.').waitFor()
    await picture(page, 'overtaken')
    const asked = page.waitForRequest((request) => request.url().endsWith('/activate'))
    await question(page).getByRole('button', { name: 'Activate' }).click()
    assert.deepEqual((await asked).postDataJSON(), { replaces: theirs })
    await active(page).getByRole('link', { name: `Release ${short(mine)}` }).waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('who may not publish releases is shown no sites, and of another site nothing', async () => {
    const nobody = await open('', shared.bob)
    await nobody.getByRole('link', { name: 'Files', exact: true }).waitFor()
    assert.equal(await nobody.getByRole('link', { name: 'Sites', exact: true }).count(), 0)
    const calls = []
    nobody.on('request', (request) => { if (request.url().includes('/releases/')) calls.push(request.url()) })
    await nobody.evaluate(() => { location.hash = '#/sites/docs' })
    await nobody.getByText('Your rules do not allow releases of this site').waitFor()
    const other = await open('#/sites/shown', shared.grace)
    await other.getByText('Your rules do not allow releases of this site').waitFor()
    assert.deepEqual(calls, [])
    for (const page of [nobody, other]) {
      assertCalm(page)
      await page.context().close()
    }
  })

  it('ten thousand paths that differ stay usable, with few of them drawn', async () => {
    publish(shared.stack, 'many', { 'index.html': 'one' })
    const id = await announce(shared.stack, 'many', 10_000)
    const page = await open('#/sites/many')
    await page.getByText('incomplete', { exact: true }).waitFor()
    await page.evaluate(() => {
      window.longest = 0
      new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration) }).observe({ type: 'longtask' })
    })
    await page.locator('ul.plain-list').getByRole('link', { name: `Release ${short(id)}` }).click()
    await page.getByText('10,001 of 10,001 paths').waitFor()
    assert.equal(await button(page, 'Activate').count(), 0, 'what is not complete is not offered')
    await page.getByText(/^Its upload or its check has not ended/).waitFor()
    const list = page.getByRole('region', { name: 'Paths that differ' })
    await list.focus()
    await page.keyboard.press('End')
    await list.getByText('index.html', { exact: true }).waitFor()
    await page.getByLabel('Search paths').fill('pages/0999')
    await page.getByText('10 of 10,001 paths').waitFor()
    assert.deepEqual((await rows(page)).at(-1), 'added pages/09999.html')
    await page.getByLabel('Search paths').fill('')
    await page.getByText('10,001 of 10,001 paths').waitFor()
    assert.ok(await page.locator('.paths li').count() < 60)
    const longest = await page.evaluate(() => window.longest)
    assert.ok(longest < 500, `a task of the page took ${longest} ms`)
    await picture(page, 'ten-thousand-paths')
    assertCalm(page)
    await page.context().close()
  })

  it('earlier activations are loaded page by page', async () => {
    const both = ['1', '2'].map((text) => publish(shared.stack, 'long', { 'index.html': text }))
    for (let at = 0; at < 50; at++) await activate(shared.stack, 'long', both[at % 2])
    const page = await open('#/sites/long')
    await page.getByText('No. 52', { exact: true }).waitFor()
    assert.equal(await page.locator('.activations li').count(), 50)
    await button(page, 'Show earlier activations').click()
    await page.getByText('No. 1', { exact: true }).waitFor()
    assert.equal(await page.locator('.activations li').count(), 52)
    assert.equal(await button(page, 'Show earlier activations').count(), 0)
    await page.context().close()
  })

  it('a list of files that is not the release is not shown, and a refusal says its code', async () => {
    const id = publish(shared.stack, 'altered', before)
    const page = await newTab(shared)
    const manifest = `**/releases/altered/${id}/manifest`
    await page.route(manifest, (route) => route.fulfill({ json: { site: 'altered', files: [], v: 1 } }))
    await signIn(page, shared.stack, { hash: `#/sites/altered/${id}` })
    await page.getByText(/is not the one that was published.*\(release-altered\)$/).waitFor()
    await page.unroute(manifest)
    await button(page, 'Try again').click()
    await page.getByText('4', { exact: true }).waitFor()
    await page.route('**/releases/altered', (route) => route.fulfill({ status: 500, json: { code: 'release-log-altered', title: 'x', request_id: 'r-1' } }))
    await button(page, 'Refresh').click()
    await page.getByText(/somebody altered them.*\(release-log-altered, Request r-1\)$/).waitFor()
    assertCalm(page)
    await page.context().close()
  })

  const WORDS = {
    en: { locale: 'en-GB', signIn: 'Sign in', token: 'Access token', activate: 'Activate' },
    de: { locale: 'de-DE', signIn: 'Anmelden', token: 'Zugangsschlüssel', activate: 'Aktivieren' },
  }
  for (const language of ['en', 'de']) {
    for (const scheme of ['light', 'dark']) {
      const skip = isExam || (language === 'en') === (scheme === 'light') ? false : 'KEYFRONT_EXAM=1 runs it'
      it(`axe finds nothing about sites: ${language}, ${scheme}`, { skip }, async () => {
        const words = WORDS[language]
        publish(shared.stack, 'axe', before)
        const id = publish(shared.stack, 'axe', after, '--no-activate')
        const page = await newTab(shared, { locale: words.locale, colorScheme: scheme, bypassCSP: true })
        const check = async (state) => {
          await assertAccessible(page, `${state}, ${language}, ${scheme}`)
          assert.deepEqual(await excessOf(page), { page: 0, parts: 0 }, `${state} scrolls sideways`)
          await picture(page, `${state}-${language}-${scheme}`)
        }
        await page.goto(`${shared.stack.page}#/sites/`)
        await page.getByLabel(words.token, { exact: true }).fill(shared.stack.token)
        await button(page, words.signIn).click()
        await page.locator('.site-name input').waitFor()
        await check('sites')
        await page.locator('.site-name input').fill('axe')
        await page.keyboard.press('Enter')
        await page.locator('.active-release .tag').waitFor()
        await check('site')
        await page.evaluate((hash) => { location.hash = hash }, `#/sites/axe/${id}`)
        await page.locator('.paths li').first().waitFor()
        await check('release')
        await button(page, words.activate).click()
        await question(page).locator('.primary:enabled').waitFor()
        await check('activate')
        await page.setViewportSize({ width: 320, height: 640 })
        await check('activate at 320')
        await page.keyboard.press('Escape')
        await check('release at 320')
        await page.context().close()
      })
    }
  }

  it('a site is found, and a release activated, with the keyboard alone', async () => {
    publish(shared.stack, 'keys', before)
    const id = publish(shared.stack, 'keys', after, '--no-activate')
    const page = await open('')
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
    const tabTo = async (wanted) => {
      for (let at = 0; at < 40; at++) {
        if (wanted.test(await focused())) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`${wanted} is not reached by Tab; focused: ${await focused()}`)
    }
    await tabTo(/^Sites$/)
    await page.keyboard.press('Enter')
    await page.getByLabel('Name of a site').waitFor()
    await page.getByRole('link', { name: 'docs', exact: true }).waitFor()
    for (let at = 0; at < 40 && !await page.getByLabel('Name of a site').evaluate((field) => field === document.activeElement); at++) await page.keyboard.press('Tab')
    await page.keyboard.type('Not a site')
    await page.keyboard.press('Enter')
    await page.getByText('The name of a site has').waitFor()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('keys')
    await page.keyboard.press('Enter')
    await heading(page, 'keys').waitFor()
    await tabTo(new RegExp(`^Release ${short(id)}$`))
    await page.keyboard.press('Enter')
    await button(page, 'Activate').waitFor()
    await tabTo(/^Activate$/)
    await page.keyboard.press('Enter')
    await question(page).locator('.primary:enabled').waitFor()
    await tabTo(/^Activate$/)
    await page.keyboard.press('Enter')
    await active(page).getByRole('link', { name: `Release ${short(id)}` }).waitFor()
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'BODY', 'the focus is lost')
    assertCalm(page)
    await page.context().close()
  })
}, {
  args: sitesArguments(),
  // Before anybody is known: who is added later is, a minute later.
  prepare: (shared) => {
    shared.grace = publisher(shared.stack, 'grace', ['docs'])
    shared.bob = publisher(shared.stack, 'bob', [])
  },
})
