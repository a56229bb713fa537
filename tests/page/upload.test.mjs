// Uploading: names of every kind, folders, taken names, the camera.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { MIB, scratch } from './files.mjs'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text, upload, uploaded } from './person.mjs'
import { api, picture, suite } from './stack.mjs'

suite('upload', (shared) => {
  const origin = () => api(shared.stack)

  it('several files arrive as they are, and the page says so', async () => {
    const page = await signedIn(shared)
    await upload(page, 'several', [text('one.txt', 'first'), text('two.json', '{}', 'application/json'), text('empty.bin', '', 'application/octet-stream')])
    await uploaded(page, 3)
    assert.equal((await origin().content('several/one.txt')).toString(), 'first')
    assert.equal((await origin().describe('several/empty.bin')).size, 0)
    assert.equal((await origin().describe('several/two.json')).content_type, 'application/json')
    await picture(page, 'uploaded')
    assertCalm(page)
    await page.context().close()
  })

  it('names of every kind arrive under themselves, or under one that every address can have', async () => {
    const long = `${'ö'.repeat(120)}.txt`
    const names = ['plain.txt', 'with space.txt', 'hash#tag.txt', '100%.txt', '50%25.txt', 'emoji 🎉👩‍👩‍👧.txt', '.hidden', 'plus+and&.txt', 'question?.txt', 'quote"\'<b>.txt', '日本語.txt', 'back\\slash.txt', 'semi;colon,comma.txt', long, 'trailing. .txt', '~tilde$.txt']
    const page = await signedIn(shared)
    await upload(page, 'names', names.map((name) => text(name, `content of ${name}`)))
    await uploaded(page, names.length)
    const keys = await origin().keys('names/')
    assert.deepEqual(keys.sort(), names.map((name) => `names/${name.normalize('NFC')}`).sort())
    for (const name of names) assert.equal((await origin().content(`names/${name}`)).toString(), `content of ${name}`)
    const { metadata } = await origin().describe(`names/${long}`)
    assert.equal(metadata.file_name, long)
    await openFolder(page, 'names/')
    await page.getByText('emoji 🎉👩‍👩‍👧.txt').first().waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a folder keeps its shape', async () => {
    const folder = join(scratch, 'trip')
    mkdirSync(join(folder, 'day 1', 'raw'), { recursive: true })
    writeFileSync(join(folder, 'plan.md'), '# plan')
    writeFileSync(join(folder, 'day 1', 'a.txt'), 'a')
    writeFileSync(join(folder, 'day 1', 'raw', 'a.txt'), 'raw')
    const page = await signedIn(shared)
    await openUpload(page, 'folders/')
    await page.locator('.uppy-Dashboard-input[webkitdirectory]').first().setInputFiles(folder)
    await startUpload(page)
    await uploaded(page, 3)
    assert.deepEqual(await origin().keys('folders/'), ['folders/trip/day 1/a.txt', 'folders/trip/day 1/raw/a.txt', 'folders/trip/plan.md'])
    await page.context().close()
  })

  it('files that are dropped anywhere go to the folder that is open', async () => {
    const page = await signedIn(shared)
    await openFolder(page, 'dropped/here/')
    await page.getByText('Nothing here yet').waitFor()
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }))
      return transfer
    })
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: data })
    await page.getByText('Drop to upload here').waitFor()
    await page.dispatchEvent('body', 'drop', { dataTransfer: data })
    assert.equal(await page.getByLabel('To folder').inputValue(), 'dropped/here/')
    await startUpload(page)
    await uploaded(page, 1)
    assert.deepEqual(await origin().keys('dropped/'), ['dropped/here/dropped.txt'])
    await page.context().close()
  })

  it('files and pictures that are pasted go to the folder that is open', async () => {
    const page = await signedIn(shared)
    await openFolder(page, 'pasted/')
    await page.getByText('Nothing here yet').waitFor()
    // A picture as a screenshot leaves it in the clipboard, pasted by the keyboard.
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(8, 8)
      canvas.getContext('2d').fillRect(0, 0, 4, 4)
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })])
    })
    await page.keyboard.press('Control+V')
    await page.getByText('1 file selected').waitFor()
    assert.equal(await page.getByLabel('To folder').inputValue(), 'pasted/')
    // Files of the machine, as a file manager leaves them.
    await page.evaluate(() => {
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File(['from the clipboard'], 'copied.txt', { type: 'text/plain' }))
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    await page.getByText('2 files selected').waitFor()
    await startUpload(page)
    await uploaded(page, 2)
    const keys = (await origin().keys('pasted/')).filter((key) => !key.includes('.thumbnails'))
    assert.deepEqual(keys.length, 2)
    const picture = keys.find((key) => key.endsWith('.png'))
    assert.equal((await origin().content(picture)).subarray(1, 4).toString(), 'PNG')
    assert.equal((await origin().content('pasted/copied.txt')).toString(), 'from the clipboard')
    // Words that are pasted into a field are no file.
    await page.evaluate(() => navigator.clipboard.writeText('words'))
    await page.getByRole('link', { name: 'Files' }).click()
    await page.getByLabel('Search', { exact: true }).focus()
    await page.keyboard.press('Control+V')
    assert.equal(await page.getByLabel('Search', { exact: true }).inputValue(), 'words')
    assertCalm(page)
    await page.context().close()
  })

  it('how long copies are kept is chosen among what the rule allows, sent, and shown', async () => {
    const page = await signedIn(shared)
    await openUpload(page, 'caching')
    await page.getByText('Options').click()
    const choice = page.getByLabel('Readers’ copies')
    assert.deepEqual(await choice.locator('option').allTextContents(), ['As the rule says: kept for 1 minute', 'Kept, and compared with the file at each use', 'Never kept'])
    await choice.selectOption('Kept, and compared with the file at each use')
    // Through the origin, in one request, and in parts.
    await choose(page, [text('small.txt', 'x'), { name: 'one.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(2 * MIB) }, { name: 'parts.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(17 * MIB) }])
    await startUpload(page)
    await uploaded(page, 3)
    for (const name of ['small.txt', 'one.bin', 'parts.bin']) assert.equal((await origin().describe(`caching/${name}`)).cache_control, 'public, no-cache', name)
    await openFolder(page, 'caching/')
    await item(page, 'small.txt').click()
    await page.getByRole('dialog', { name: 'small.txt' }).getByText('public, no-cache').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('a taken name asks: keep both, replace, or skip', async () => {
    const page = await signedIn(shared)
    const sendAgain = async (content) => {
      await openUpload(page, 'taken')
      await choose(page, [text('report.txt', content)])
      await startUpload(page)
      const dialog = page.getByRole('alertdialog', { name: 'This name is taken' })
      await dialog.waitFor()
      return dialog
    }
    const done = () => page.locator('.uppy-StatusBar-actionBtn--done').click()
    await origin().put('taken/report.txt', 'first')

    let dialog = await sendAgain('second')
    await picture(page, 'name-taken')
    await dialog.getByRole('button', { name: 'Keep both' }).click()
    await uploaded(page, 1)
    assert.deepEqual(await origin().keys('taken/'), ['taken/report (2).txt', 'taken/report.txt'])
    assert.equal((await origin().content('taken/report (2).txt')).toString(), 'second')
    await done()

    dialog = await sendAgain('third, longer')
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await page.waitForFunction(() => document.querySelector('.uppy-Dashboard-Item.is-complete'))
    assert.equal((await origin().content('taken/report.txt')).toString(), 'third, longer')
    await done()

    dialog = await sendAgain('fourth, which nobody wants')
    await dialog.getByRole('button', { name: 'Skip' }).click()
    await page.getByText('Skipped “report.txt”.').waitFor()
    assert.equal((await origin().content('taken/report.txt')).toString(), 'third, longer')
    assert.equal((await origin().keys('taken/')).length, 2)
    assertCalm(page)
    await page.context().close()
  })

  it('an answer may count for all taken names', async () => {
    const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt']
    for (const name of names) await origin().put(`all/${name}`, 'old')
    const page = await signedIn(shared)
    await upload(page, 'all', names.map((name) => text(name, 'newer')))
    const dialog = page.getByRole('alertdialog', { name: 'This name is taken' })
    await dialog.getByLabel('Do the same for all others').check()
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await uploaded(page, 4)
    for (const name of names) assert.equal((await origin().content(`all/${name}`)).toString(), 'newer')
    await page.context().close()
  })

  it('where nothing may be replaced, replacing is not offered', async () => {
    const page = await newTab(shared)
    await page.route('**/publisher', async (route) => {
      const response = await route.fetch()
      const publisher = await response.json()
      return route.fulfill({ json: { ...publisher, rules: publisher.rules.map((rule) => ({ ...rule, overwrite: false })) } })
    })
    await origin().put('kept/x.txt', 'old')
    await signIn(page, shared.stack)
    await upload(page, 'kept', [text('x.txt', 'new')])
    const dialog = page.getByRole('alertdialog', { name: 'This name is taken' })
    await dialog.getByRole('button', { name: 'Skip' }).waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Replace' }).count(), 0)
    await page.context().close()
  })

  it('what the rules refuse is not taken, and the reason is said', async () => {
    const page = await newTab(shared)
    await page.route('**/publisher', async (route) => {
      const publisher = await (await route.fetch()).json()
      return route.fulfill({ json: { ...publisher, rules: publisher.rules.map((rule) => ({ ...rule, content_types: ['image/*'], max_size: 100 })) } })
    })
    await signIn(page, shared.stack)
    await openUpload(page, 'x')
    await choose(page, [text('note.txt', 'no picture')])
    await page.getByText('“note.txt” was not added. Files of type text/plain are not allowed here. Allowed: image/*.').waitFor()
    await choose(page, [{ name: 'big.png', mimeType: 'image/png', buffer: Buffer.alloc(101) }])
    await page.getByText('“big.png” was not added. It is too large: at most 100 bytes a file.').waitFor()
    assert.equal(await page.locator('.uppy-Dashboard-Item').count(), 0)
    await page.context().close()
  })

  it('what is typed stays, whatever arrives meanwhile', async () => {
    await origin().put('known/one.txt', 'one')
    const page = await newTab(shared)
    let release
    const released = new Promise((resolve) => { release = resolve })
    await page.route('**/objects?*', async (route) => {
      await released
      await route.continue()
    })
    await signIn(page, shared.stack)
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    const fields = { 'To folder': 'typed', Tags: 'first, second' }
    await page.getByText('Options').click()
    await page.getByLabel('To folder').fill(fields['To folder'])
    // The folders of the list arrive, and the field offers them.
    release()
    await page.locator('datalist option[value="known/"]').waitFor({ state: 'attached' })
    assert.equal(await page.getByLabel('To folder').inputValue(), fields['To folder'])
    await page.getByLabel('Tags', { exact: true }).fill(fields.Tags)
    await choose(page, [text('note.txt', 'typed')])
    await page.getByText('1 file selected').waitFor()
    assert.equal(await page.getByLabel('Tags', { exact: true }).inputValue(), fields.Tags)
    await startUpload(page)
    await uploaded(page, 1)
    assert.deepEqual(await origin().keys('typed/'), ['typed/note.txt'])
    assert.deepEqual((await origin().describe('typed/note.txt')).metadata.tags, fields.Tags.split(', '))
    await page.context().close()
  })

  it('a picture is taken with the camera', async () => {
    const page = await signedIn(shared)
    await openUpload(page, 'camera')
    await page.getByRole('tab', { name: 'Camera' }).click()
    await page.getByRole('button', { name: 'Take a picture' }).click()
    await page.getByRole('button', { name: 'Submit recorded file' }).click()
    await page.getByText('1 file selected').waitFor()
    await startUpload(page)
    await uploaded(page, 1)
    const keys = await origin().keys('camera/')
    assert.match(keys.find((key) => !key.includes('.thumbnails')) ?? '', /^camera\/cam-\d+\.(?:jpeg|jpg|png)$/)
    assertCalm(page)
    await page.context().close()
  })

  it('names, tags and keys are text and nothing else', async () => {
    const hostile = '<img src=x onerror=window.hit=1>.txt'
    const page = await signedIn(shared)
    await openUpload(page, 'hostile/<script>window.hit=2<\u2044script>')
    await page.getByText('Options').click()
    await page.getByLabel('Tags', { exact: true }).fill('"><svg onload=window.hit=3>, <b>bold</b>')
    await page.getByLabel('Tags', { exact: true }).press('Tab')
    await choose(page, [text(hostile, '<script>window.hit=4</script>', 'text/html'), { name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=5"><script>window.hit=6</script><rect width="9" height="9"/></svg>') }])
    await startUpload(page)
    await uploaded(page, 2)
    await openFolder(page, 'hostile/<script>window.hit=2<\u2044script>/')
    await page.getByRole('button', { name: 'List', exact: true }).click()
    await page.getByText('<b>bold</b>').first().waitFor()
    for (const name of [hostile, 'x.svg']) {
      await page.locator('.row .open', { hasText: name }).click()
      const details = page.getByRole('dialog', { name })
      await details.getByRole('heading', { name: 'Details' }).waitFor()
      await page.waitForTimeout(200)
      await details.getByRole('button', { name: 'Close' }).click()
    }
    assert.equal(await page.evaluate(() => window.hit), undefined)
    assertCalm(page)
    await page.context().close()
  })
})
