// A publisher's own key: made, typed, loaded and forgotten; where sealing is offered, and that hands alone can do it.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertAccessible, excessOf } from './accessible.mjs'
import { bytesOf, keyDialog, makeKey, sealUploads, spaced, usePassphrase } from './keys.mjs'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text, uploaded } from './person.mjs'
import { keptOnDisk, PHRASE, sealingSuite } from './sealing.mjs'
import { isExam, picture } from './stack.mjs'

sealingSuite('sealing keys', (shared, { origin, withSealed }) => {
  it('a new key is shown once, saved as a file, and used only after the person says so', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'made')
    const dialog = keyDialog(page)
    await dialog.getByRole('button', { name: /^Make a new key/ }).click()
    await dialog.getByText('Whoever loses this key loses every file').waitFor()
    const shown = await dialog.locator('pre').textContent()
    const use = dialog.getByRole('button', { name: 'Use this key' })
    assert.equal(await use.isDisabled(), true)
    await picture(page, 'sealing-new-key')
    const download = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Save as a file' }).click()
    const saved = await download
    const { id, type } = JSON.parse(shown)
    assert.equal(saved.suggestedFilename(), `keyfront-key-${id.slice(0, 8)}.json`)
    assert.equal((await bytesOf(saved)).toString(), shown)
    assert.equal(type, 'keyfront-publisher-key')
    assert.equal(await use.isDisabled(), true)
    await dialog.getByLabel(/^I have saved it/).check()
    await use.click()
    await page.getByText('New files are sealed in this browser with the key').waitFor()
    await picture(page, 'sealing-upload')
    await page.getByRole('button', { name: 'Account' }).click()
    const account = page.getByRole('dialog', { name: 'Account' })
    await account.getByText(spaced(id)).waitFor()
    await picture(page, 'sealing-account')
    await account.getByRole('button', { name: `Let go of the key ${spaced(id)}` }).click()
    assert.equal(await account.getByText(spaced(id)).count(), 0)
    await page.keyboard.press('Escape')
    await page.getByText('with a key that you still have to choose').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a passphrase is typed twice, rated, and the same key in any tab', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'phrase')
    const dialog = keyDialog(page)
    await dialog.getByRole('button', { name: /^Passphrase/ }).click()
    await dialog.getByText('If you forget the passphrase, every file that is sealed with it is lost').waitFor()
    const [first, second] = [dialog.getByLabel('Passphrase', { exact: true }), dialog.getByLabel('Passphrase again')]
    const use = dialog.getByRole('button', { name: 'Use this passphrase' })
    await first.fill('short')
    await dialog.getByText('At least 12 letters.').waitFor()
    await use.click()
    await dialog.getByText('The passphrase is too short').waitFor()
    await first.fill('passwordpassword')
    await dialog.getByText('Easy to guess.').waitFor()
    await first.fill(PHRASE)
    await dialog.getByText('Good, if it is no known sentence.').waitFor()
    await second.fill(`${PHRASE}!`)
    await use.click()
    await dialog.getByText('The two passphrases are not the same.').waitFor()
    await picture(page, 'sealing-passphrase')
    await second.fill(PHRASE)
    await use.click()
    await dialog.waitFor({ state: 'detached' })
    const id = await page.locator('.notice.sealing .key-id').textContent()
    await choose(page, [text('phrase.txt', 'under a passphrase')])
    await startUpload(page)
    await uploaded(page, 1)
    const kept = await keptOnDisk(page)
    assert.equal(kept.includes(PHRASE) || kept.includes('under a passphrase'), false, 'nothing of it is on this machine')

    const other = await signedIn(shared)
    await sealUploads(other, 'phrase')
    await usePassphrase(other, PHRASE)
    assert.equal(await other.locator('.notice.sealing .key-id').textContent(), id)
    await other.context().close()
    assertCalm(page)
    await page.context().close()
  })

  it('a key file is loaded, and what is none says so', async () => {
    const { page, key } = await withSealed('file', [text('a.txt', 'a')])
    await page.context().close()
    const other = await signedIn(shared)
    await sealUploads(other, 'file')
    const dialog = keyDialog(other)
    await dialog.getByRole('button', { name: /^Key file/ }).click()
    for (const broken of ['{}', 'no json', key.text.replace(/"key": "./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`)]) {
      await dialog.getByLabel('Key file').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(broken) })
      await dialog.getByText('This is not a key file of this page, or it was altered.').waitFor()
    }
    await dialog.getByLabel('Key file').setInputFiles(key.file)
    await dialog.waitFor({ state: 'detached' })
    await other.locator('.notice.sealing .key-id').getByText(spaced(key.id)).waitFor()
    assertCalm(other)
    await other.context().close()
  })

  it('the key is in memory alone, and gone after a reload', async () => {
    const { page, key } = await withSealed('memory', [text('a.txt', 'a')])
    const secret = JSON.parse(key.text).key
    assert.equal((await keptOnDisk(page)).includes(secret), false)
    await page.reload()
    await signIn(page, shared.stack)
    await page.getByRole('button', { name: 'Account' }).click()
    assert.equal(await page.getByText('Your keys in this tab').count(), 0)
    await page.context().close()
  })

  it('where the rules have no encryption for it, sealing is not offered; what was to be sealed is never sent otherwise', async () => {
    const page = await newTab(shared)
    await page.route('**/publisher', async (route) => {
      const publisher = await (await route.fetch()).json()
      const [rule] = publisher.rules
      return route.fulfill({ json: { ...publisher, rules: [rule, { ...rule, prefix: 'through/', encryption: ['envelope-kms', 'envelope-key'] }] } })
    })
    await signIn(page, shared.stack)
    await openUpload(page, 'through')
    await page.getByText('Options', { exact: true }).click()
    assert.equal(await page.getByLabel('Encryption').locator('option', { hasText: 'Sealed in this browser' }).count(), 0)
    const field = page.getByLabel('To folder')
    await field.fill('straight')
    await field.press('Tab')
    await page.getByLabel('Encryption').selectOption('Sealed in this browser')
    await makeKey(page)
    await choose(page, [text('a.txt', 'a')])
    await field.fill('through')
    await field.press('Tab')
    await page.getByText('Files cannot be sealed in this browser for this folder: its rules').waitFor()
    await startUpload(page)
    await page.getByRole('region', { name: 'Not uploaded' }).getByText('so it was not sent').waitFor()
    assert.deepEqual(await origin().keys('through/'), [])
    await page.context().close()
  })

  it('first use loads nothing of sealing', async () => {
    const page = await newTab(shared)
    const loaded = []
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
    await signIn(page, shared.stack)
    await openUpload(page, 'first')
    await page.waitForTimeout(300)
    assert.deepEqual(loaded.filter((path) => /wasm|worker|sealing/.test(path)), [])
    await page.context().close()
  })

  it('everything is done with the keyboard alone', async () => {
    const page = await signedIn(shared)
    const focused = () => page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? ''
    })
    const tabTo = async (wanted, most = 40) => {
      for (let at = 0; at < most; at++) {
        if (wanted.test(await focused())) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`${wanted} is not reached by Tab; focused: ${await focused()}`)
    }
    await openUpload(page, 'by-keys')
    await tabTo(/^Options$/)
    await page.keyboard.press('Enter')
    await tabTo(/^Encryption$/)
    await page.keyboard.type('Sealed')
    await keyDialog(page).waitFor()
    await tabTo(/^Passphrase/)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.type === 'password')
    await page.keyboard.type(PHRASE)
    await page.keyboard.press('Tab')
    await page.keyboard.type(PHRASE)
    await page.keyboard.press('Enter')
    await keyDialog(page).waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.tagName === 'SELECT')
    await choose(page, [text('keys.txt', 'typed')])
    await startUpload(page)
    await uploaded(page, 1)
    await openFolder(page, 'by-keys/')
    await item(page, 'keys.txt').waitFor()
    await item(page, 'keys.txt').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'keys.txt' }).waitFor()
    await tabTo(/^Open$/)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.textContent === 'Save')
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => /^(?:Sealed in a browser)?keys\.txt/.test(document.activeElement?.textContent ?? ''))
    assertCalm(page)
    await page.context().close()
  })

  const WORDS = {
    en: { locale: 'en-GB', token: 'Access token', signIn: 'Sign in', upload: 'Upload', options: 'Options', encryption: 'Encryption', sealed: 'Sealed in this browser', make: /^Make a new key/, saved: /^I have saved it/, use: 'Use this key', back: 'Back', phrase: /^Passphrase/, file: /^Key file/, account: 'Account', open: 'Open', save: 'Save', share: 'Share', close: 'Close', again: 'Try again', letGo: /^Let go of the key/, folder: 'To folder' },
    de: { locale: 'de-DE', token: 'Zugangsschlüssel', signIn: 'Anmelden', upload: 'Hochladen', options: 'Optionen', encryption: 'Verschlüsselung', sealed: 'In diesem Browser versiegelt', make: /^Neuen Schlüssel erzeugen/, saved: /^Ich habe ihn gespeichert/, use: 'Diesen Schlüssel verwenden', back: 'Zurück', phrase: /^Passphrase/, file: /^Schlüsseldatei/, account: 'Konto', open: 'Öffnen', save: 'Speichern', share: 'Teilen', close: 'Schließen', again: 'Erneut versuchen', letGo: /^Vergessen: Schlüssel/, folder: 'In den Ordner' },
  }

  /** Goes through every state that sealing adds. */
  async function throughStates(page, words, folder, check) {
    const button = (name) => page.getByRole('button', { name, exact: true })
    const dialogs = page.locator('dialog[open]')
    await page.goto(shared.stack.page)
    await page.getByLabel(words.token, { exact: true }).fill(shared.stack.token)
    await button(words.signIn).click()
    await button(words.upload).click()
    await page.getByLabel(words.folder).fill(folder)
    await page.getByLabel(words.folder).press('Tab')
    await page.getByText(words.options, { exact: true }).click()
    await page.getByLabel(words.encryption).selectOption(words.sealed)
    await dialogs.locator('.choices').waitFor()
    await check('seal-choices')
    await dialogs.getByRole('button', { name: words.phrase }).click()
    await dialogs.locator('input[type=password]').first().fill('passwordpassword')
    await dialogs.getByRole('button').last().click()
    await dialogs.getByRole('alert').waitFor()
    await check('seal-passphrase')
    await button(words.back).click()
    await dialogs.getByRole('button', { name: words.file }).click()
    await dialogs.locator('input[type=file]').setInputFiles(text('x.json', '{}', 'application/json'))
    await dialogs.getByRole('alert').waitFor()
    await check('seal-key-file')
    await button(words.back).click()
    await page.keyboard.press('Escape')
    await page.locator('.notice.sealing').waitFor()
    await check('seal-no-key')
    await page.locator('.notice.sealing button').click()
    await dialogs.getByRole('button', { name: words.make }).click()
    await dialogs.locator('.key-text').waitFor()
    const key = await dialogs.locator('.key-text').textContent()
    await check('seal-new-key')
    await page.getByLabel(words.saved).check()
    await button(words.use).click()
    await check('seal-upload')
    await choose(page, [text('one.txt', 'sealed words'), text('two.txt', 'more of them')])
    await startUpload(page)
    await page.locator('.uppy-Dashboard-Item.is-complete').nth(1).waitFor()
    await button(words.account).click()
    await page.locator('.held-keys').waitFor()
    await check('seal-account')
    await page.getByRole('button', { name: words.letGo }).click()
    await page.keyboard.press('Escape')
    await openFolder(page, `${folder}/`)
    await item(page, 'one.txt').waitFor()
    await check('seal-gallery')
    await item(page, 'one.txt').click()
    await button(words.open).waitFor()
    await check('seal-closed')
    await button(words.open).click()
    await dialogs.locator('input[type=file]').waitFor()
    await check('seal-asked')
    await page.keyboard.press('Escape')
    await page.getByRole('alert').first().waitFor()
    await check('seal-failed')
    await button(words.again).click()
    await dialogs.locator('input[type=file]').setInputFiles({ name: 'k.json', mimeType: 'application/json', buffer: Buffer.from(key) })
    await button(words.save).waitFor()
    await page.locator('.opened pre').getByText('sealed words').waitFor()
    await check('seal-opened')
    await button(words.share).click()
    await page.waitForFunction(() => document.activeElement?.matches('.joined .primary'))
    await check('seal-share')
  }

  for (const language of ['en', 'de']) {
    for (const scheme of ['light', 'dark']) {
      // Each language and each scheme once; the other pairs where there is time.
      const skip = isExam || (language === 'en') === (scheme === 'light') ? false : 'KEYFRONT_EXAM=1 runs it'
      it(`axe finds nothing: ${language}, ${scheme}`, { skip }, async () => {
        // `bypassCSP` is for axe's own script alone: every other test runs under the policy.
        const page = await newTab(shared, { locale: WORDS[language].locale, colorScheme: scheme, bypassCSP: true })
        await throughStates(page, WORDS[language], `axe-${language}-${scheme}`, async (state) => {
          await assertAccessible(page, `${state}, ${language}, ${scheme}`)
          await picture(page, `${state}-${language}-${scheme}`)
        })
        await page.context().close()
      })
    }
  }

  it('nothing is cut off at 320 pixels', async () => {
    for (const language of ['en', 'de']) {
      const page = await newTab(shared, { locale: WORDS[language].locale, viewport: { width: 320, height: 640 } })
      await throughStates(page, WORDS[language], `narrow-${language}`, async (state) => {
        await picture(page, `${state}-${language}-320`)
        assert.deepEqual(await excessOf(page), { page: 0, parts: 0 }, `${state}, ${language} scrolls sideways`)
      })
      await page.context().close()
    }
  })
})
