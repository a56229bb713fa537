// For everyone: axe in every main state, both languages and colour schemes; the keyboard alone; 320 pixels.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertAccessible, excessOf } from './accessible.mjs'
import { assertCalm, choose, item, newTab, openFolder, signIn, text } from './person.mjs'
import { api, isExam, picture, suite } from './stack.mjs'

/** Words of the page in each language, for what a test presses. */
const WORDS = {
  en: { locale: 'en-GB', token: 'Access token', signIn: 'Sign in', upload: 'Upload', account: 'Account', share: 'Share', rows: 'List', close: 'Close', deleted: 'Deleted', cancel: 'Cancel', options: 'Options', taken: 'This name is taken', skip: 'Skip' },
  de: { locale: 'de-DE', token: 'Zugangsschlüssel', signIn: 'Anmelden', upload: 'Hochladen', account: 'Konto', share: 'Teilen', rows: 'Liste', close: 'Schließen', deleted: 'Gelöscht', cancel: 'Abbrechen', options: 'Optionen', taken: 'Dieser Name ist vergeben', skip: 'Überspringen' },
}

suite('access', (shared) => {
  const origin = () => api(shared.stack)

  for (const language of ['en', 'de']) {
    for (const scheme of ['light', 'dark']) {
      // Each language and each scheme once; the other pairs where there is time.
      const skip = isExam || (language === 'en') === (scheme === 'light') ? false : 'KEYFRONT_EXAM=1 runs it'
      it(`axe finds nothing: ${language}, ${scheme}`, { skip }, async () => {
        const words = WORDS[language]
        const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
        await origin().put('axe/one.txt', 'words', 'text/plain', '?overwrite=true', { 'keyfront-tags': 'tag' })
        await origin().put('axe/two.png', pixel, 'image/png', '?overwrite=true')
        await origin().put('axe/folder/three.txt', 'x', 'text/plain', '?overwrite=true')
        // `bypassCSP` is for axe's own script alone: every other test runs under the policy.
        const page = await newTab(shared, { locale: words.locale, colorScheme: scheme, bypassCSP: true })
        const check = async (state) => {
          await assertAccessible(page, `${state}, ${language}, ${scheme}`)
          await picture(page, `${state}-${language}-${scheme}`)
        }
        const button = (name) => page.getByRole('button', { name, exact: true })
        await page.goto(shared.stack.page)
        await page.getByRole('heading', { name: words.signIn }).waitFor()
        assert.equal(await page.getAttribute('html', 'lang'), language)
        await check('sign-in')
        await page.getByLabel(words.token, { exact: true }).fill(shared.stack.token)
        await button(words.signIn).click()
        await openFolder(page, 'axe/')
        await item(page, 'one.txt').waitFor()
        await check('tiles')
        await button(words.rows).click()
        await item(page, 'one.txt').waitFor()
        await check('rows')
        await button(words.account).click()
        await check('account')
        await page.keyboard.press('Escape')
        await item(page, 'one.txt').click()
        await page.locator('pre').waitFor()
        await page.locator('.history').waitFor()
        await check('details')
        await button(words.share).click()
        await page.waitForFunction(() => document.activeElement?.matches('.joined .primary'))
        await check('share')
        await page.keyboard.press('Escape')
        await page.keyboard.press('Escape')
        await item(page, 'one.txt').focus()
        await page.keyboard.press('Delete')
        await page.getByRole('alertdialog').waitFor()
        await check('delete')
        await button(words.cancel).click()
        await page.getByRole('link', { name: words.deleted }).click()
        await page.locator('.deleted h1').waitFor()
        await check('deleted')
        await button(words.upload).click()
        await page.getByText(words.options).click()
        await page.locator('.uppy-Dashboard-browse').first().waitFor()
        await check('upload')
        await choose(page, [text('one.txt', 'again'), text('new.txt', 'new')])
        await page.locator('.uppy-Dashboard-Item').nth(1).waitFor()
        await check('chosen')
        await page.evaluate(() => { location.hash = '#/files/axe/' })
        await button(words.upload).click()
        await page.locator('.uppy-StatusBar-actionBtn--upload').click()
        await page.locator('.uppy-Dashboard-Item.is-complete').first().waitFor()
        await check('uploaded')
        await origin().remove('axe/new.txt').catch(() => {})
        await origin().remove('new.txt').catch(() => {})
        await origin().remove('one.txt').catch(() => {})
        await page.context().close()
      })
    }
  }

  it('everything is done with the keyboard alone', async () => {
    await origin().put('keys/a.txt', 'first')
    await origin().put('keys/b.txt', 'second')
    const page = await newTab(shared)
    await page.goto(`${shared.stack.page}#/files/keys/`)
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
    /** Tab, as often as it takes. */
    const tabTo = async (wanted, most = 40) => {
      for (let at = 0; at < most; at++) {
        if (wanted.test(await focused())) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`${wanted} is not reached by Tab; focused: ${await focused()}`)
    }
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.id.includes('token')), true, 'the token has the focus')
    await page.keyboard.insertText(shared.stack.token)
    await page.keyboard.press('Enter')
    await item(page, 'a.txt').waitFor()
    await tabTo(/^Skip to content$/)
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'content')
    await tabTo(/^a\.txt/)
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => /^b\.txt/.test(document.activeElement?.textContent ?? ''))
    await page.keyboard.press('Enter')
    const details = page.getByRole('dialog', { name: 'b.txt' })
    await details.waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('dialog', { name: 'a.txt' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'a.txt' }).waitFor({ state: 'detached' })
    await page.waitForFunction(() => /^b\.txt/.test(document.activeElement?.textContent ?? ''))
    await page.keyboard.press('Delete')
    await page.getByRole('alertdialog').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('1 file deleted.').waitFor()
    await tabTo(/^Undo$/, 60)
    await page.keyboard.press('Enter')
    await page.getByText('1 file brought back.').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a dialog keeps the focus and gives it back', async () => {
    await origin().put('focus/a.txt', 'x')
    const page = await newTab(shared)
    await signIn(page, shared.stack, { hash: '#/files/focus/' })
    await item(page, 'a.txt').click()
    await page.getByRole('dialog', { name: 'a.txt' }).waitFor()
    for (let at = 0; at < 25; at++) {
      await page.keyboard.press('Tab')
      const where = await page.evaluate(() => (document.activeElement === document.body ? 'browser' : document.activeElement?.closest('dialog') ? 'dialog' : 'page'))
      assert.notEqual(where, 'page')
    }
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => /^a\.txt/.test(document.activeElement?.textContent ?? ''))
    await page.context().close()
  })

  for (const [width, height] of [[320, 640], [3840, 2160]]) {
    it(`nothing is cut off at ${width} pixels`, { skip: isExam || width < 1000 ? false : 'KEYFRONT_EXAM=1 runs it' }, async () => {
      const name = `${'a very long name without an end '.repeat(4)}.txt`
      await origin().put(`narrow/${name}`, 'x', 'text/plain', '?overwrite=true')
      const page = await newTab(shared, { viewport: { width, height } })
      const fits = async (state) => {
        assert.deepEqual(await excessOf(page), { page: 0, parts: 0 }, `${state} scrolls sideways`)
        await picture(page, `${state}-${width}`)
      }
      await page.goto(shared.stack.page)
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await fits('sign-in')
      await signIn(page, shared.stack, { hash: '#/files/narrow/' })
      await item(page, name).waitFor()
      await fits('tiles')
      await page.getByRole('button', { name: 'List', exact: true }).click()
      await fits('rows')
      await item(page, name).click()
      await page.locator('pre').waitFor()
      await fits('details')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Upload', exact: true }).click()
      await page.locator('.uppy-Dashboard-browse').first().waitFor()
      await fits('upload')
      await page.getByRole('link', { name: 'Deleted' }).click()
      await page.locator('.deleted h1').waitFor()
      await fits('deleted')
      await page.context().close()
    })
  }

  it('the language is chosen, and stays chosen', async () => {
    const page = await newTab(shared)
    await page.goto(shared.stack.page)
    await page.getByLabel('Language').selectOption('Deutsch')
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
    await page.context().close()
  })
})
