// The page in another engine: Firefox, which is driven by WebDriver BiDi.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sealUploads, usePassphrase } from './keys.mjs'
import { choose, item, newTab, openFolder, signIn, startUpload, text, upload, uploaded } from './person.mjs'
import { open, openDetails, PHRASE, PIXEL, verified } from './sealing.mjs'
import { api, isExam, suite } from './stack.mjs'

suite('Firefox', (shared) => {
  const origin = () => api(shared.stack)

  it('in Firefox people sign in, upload, and see what they uploaded', async () => {
    const page = await signIn(await newTab(shared), shared.stack)
    await upload(page, 'firefox', [text('words.txt', 'from Firefox'), { name: 'pixel.png', mimeType: 'image/png', buffer: PIXEL }, { name: 'parts.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(20 << 20, 'part ') }])
    await uploaded(page, 3)
    assert.equal((await origin().content('firefox/words.txt')).toString(), 'from Firefox')
    assert.equal((await origin().describe('firefox/parts.bin')).size, 20 << 20)
    await openFolder(page, 'firefox/')
    await item(page, 'words.txt').click()
    await page.getByRole('dialog', { name: 'words.txt' }).locator('pre').getByText('from Firefox').waitFor()
    assert.deepEqual([page.refused, page.failures], [[], []])
    await page.context().close()
  })

  it('in Firefox a file is sealed, opened, and is the same', async () => {
    const page = await signIn(await newTab(shared), shared.stack)
    await sealUploads(page, 'firefox-sealed')
    await usePassphrase(page, PHRASE)
    await choose(page, [text('secret.txt', 'sealed in Firefox')])
    await startUpload(page)
    await uploaded(page, 1)
    assert.ok(!(await origin().content('firefox-sealed/secret.txt')).includes('sealed'))
    await openFolder(page, 'firefox-sealed/')
    const dialog = await openDetails(page, 'secret.txt')
    await open(dialog)
    await verified(dialog)
    await dialog.locator('pre').getByText('sealed in Firefox').waitFor()
    assert.deepEqual([page.refused, page.failures], [[], []])
    await page.context().close()
  })
}, { browser: 'firefox', skip: isExam ? false : 'KEYFRONT_EXAM=1 runs it' })
