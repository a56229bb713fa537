// Sealed files: opened in the tab, refused when something is wrong, and shared by link.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MIB } from './files.mjs'
import { bytesOf, makeKey, sealUploads, spaced, usePassphrase, wantedDialog } from './keys.mjs'
import { assertCalm, choose, item, newTab, openFolder, signedIn, startUpload, text, uploaded } from './person.mjs'
import { closeDetails, film, keptOnDisk, open, openDetails, PDF, PHRASE, PIXEL, sealingSuite, verified } from './sealing.mjs'
import { picture } from './stack.mjs'

sealingSuite('sealing opening', (shared, { origin, withSealed, overwrite }) => {
  it('details say who can open it; pictures, films, PDF and text are shown once verified, others are saved', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'kinds')
    const key = await makeKey(page)
    await choose(page, [
      text('words.txt', 'Grüße,\n<b>no markup</b>'), { name: 'pixel.png', mimeType: 'image/png', buffer: PIXEL },
      { name: 'film.webm', mimeType: 'video/webm', buffer: Buffer.from(await film(page)) }, { name: 'page.pdf', mimeType: 'application/pdf', buffer: PDF },
      { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>window.hit=1</script>') }, { name: 'empty.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(0) },
    ])
    await startUpload(page)
    await uploaded(page, 6)
    await openFolder(page, 'kinds/')
    const opened = async (name, shown) => {
      const details = await openDetails(page, name)
      await details.getByText(`sealed by its publisher, key ${spaced(key.id)}`).waitFor()
      assert.equal(await details.getByRole('button', { name: 'Download' }).count(), 0, 'ciphertext is of no use')
      await open(details)
      await verified(details)
      await shown(details)
      await closeDetails(details)
    }
    await opened('words.txt', () => page.waitForFunction(() => document.querySelector('.opened pre')?.textContent === 'Grüße,\n<b>no markup</b>'))
    await opened('pixel.png', () => page.waitForFunction(() => document.querySelector('.opened img')?.naturalWidth === 1))
    await opened('film.webm', () => page.waitForFunction(() => document.querySelector('.opened video')?.readyState >= 1))
    // Headless Chromium has no viewer of its own.
    await opened('page.pdf', (details) => details.locator('iframe[title="page.pdf"]').or(details.getByText('There is no preview')).waitFor())
    await opened('page.html', async (details) => {
      await details.getByText('There is no preview for this kind of file.').waitFor()
      const download = page.waitForEvent('download')
      await details.getByRole('button', { name: 'Save' }).click()
      assert.equal((await bytesOf(await download)).toString(), '<script>window.hit=1</script>')
    })
    await opened('empty.bin', (details) => details.getByText('There is no preview').waitFor())
    assert.equal(await page.evaluate(() => window.hit), undefined)
    assertCalm(page)
    await page.context().close()
  })

  it('a listing marks what is sealed in a tab that has seen no details of it', async () => {
    const { page } = await withSealed('marked', [text('sealed.txt', 'closed'), { name: 'sealed.png', mimeType: 'image/png', buffer: PIXEL }])
    await page.context().close()
    await origin().put('marked/open.txt', 'open')
    const other = await signedIn(shared)
    let described = 0
    let loaded = 0
    other.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (/\/objects\/marked/.test(pathname)) described += 1
      if (pathname.endsWith('sealed.png')) loaded += 1
    })
    await openFolder(other, 'marked/')
    const mark = (name) => item(other, name).getByTitle('Sealed in a browser')
    await mark('sealed.txt').waitFor()
    await mark('sealed.png').waitFor()
    await item(other, 'open.txt').waitFor()
    assert.equal(await mark('open.txt').count(), 0)
    assert.deepEqual([described, loaded], [0, 0], 'a call for each object, or ciphertext as a picture')
    assertCalm(other)
    await other.context().close()
  })

  it('a tab without the key is asked for it, and one with another as well', async () => {
    const { page, key } = await withSealed('ask', [text('mine.txt', 'mine alone')])
    await page.context().close()
    const other = await signedIn(shared)
    await sealUploads(other, 'ask')
    const second = await makeKey(other)
    await openFolder(other, 'ask/')
    const details = await openDetails(other, 'mine.txt')
    await open(details)
    const dialog = wantedDialog(other)
    await dialog.getByText(spaced(key.id)).waitFor()
    await picture(other, 'sealing-asked')
    await dialog.getByLabel('Key file').setInputFiles(second.file)
    await dialog.getByText(`This is another key (${spaced(second.id)}). It does not open the file.`).waitFor()
    assert.equal(await other.locator('.opened').count(), 0)
    await other.keyboard.press('Escape')
    await details.getByText('This needs the key of the file.').waitFor()
    await details.getByRole('button', { name: 'Try again' }).click()
    await wantedDialog(other).getByLabel('Key file').setInputFiles(key.file)
    await verified(details)
    await other.waitForFunction(() => document.querySelector('.opened pre')?.textContent === 'mine alone')
    await picture(other, 'sealing-opened')
    await closeDetails(details)
    assert.equal(await other.locator('.tile .seal').count(), 1)
    await other.getByRole('button', { name: 'Upload', exact: true }).click()
    await other.locator('.notice.sealing .key-id').getByText(spaced(second.id)).waitFor()
    assertCalm(other)
    await other.context().close()
  })

  it('a wrong passphrase opens nothing, and the right one does', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'wrong')
    await usePassphrase(page, PHRASE)
    await choose(page, [text('phrase.txt', 'behind a passphrase')])
    await startUpload(page)
    await uploaded(page, 1)
    await page.context().close()
    const other = await signedIn(shared, { hash: '#/files/wrong/' })
    const details = await openDetails(other, 'phrase.txt')
    await open(details)
    const dialog = wantedDialog(other)
    await dialog.getByLabel('Passphrase', { exact: true }).fill(`${PHRASE}s`)
    await dialog.getByRole('button', { name: 'Use this passphrase' }).click()
    await dialog.getByText('This passphrase is not the one the file was sealed with. Nothing was opened.').waitFor()
    assert.equal(await other.locator('.opened').count(), 0)
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PHRASE)
    await dialog.getByRole('button', { name: 'Use this passphrase' }).click()
    await verified(details)
    await other.waitForFunction(() => document.querySelector('.opened pre')?.textContent === 'behind a passphrase')
    await other.context().close()
  })

  for (const [what, change, words] of [
    ['a flipped bit', (body) => { body[3] ^= 1; return body }, 'The file is not what was sealed'],
    ['a flipped bit of its tag', (body) => { body[body.length - 1] ^= 0x80; return body }, 'The file is not what was sealed'],
  ]) {
    it(`${what} is noticed: it is said, nothing is shown, and nothing kept`, async () => {
      const folder = `tampered-${what.length}`
      const { page } = await withSealed(folder, [text('a.txt', 'as it was')])
      await overwrite(`${folder}/a.txt`, change)
      await openFolder(page, `${folder}/`)
      const details = await openDetails(page, 'a.txt')
      await open(details)
      await details.getByRole('alert').getByText(words).waitFor()
      await picture(page, 'sealing-tampered')
      assert.equal(await page.locator('.opened').count(), 0)
      assert.equal((await details.textContent()).includes('as it was'), false)
      assert.equal(/keyfront-opened\//.test(await keptOnDisk(page)), false, 'plaintext is left')
      assertCalm(page)
      await page.context().close()
    })
  }

  it('what was opened is deleted when it is left', async () => {
    const { page } = await withSealed('left', [text('a.txt', 'for a moment')])
    await openFolder(page, 'left/')
    const details = await openDetails(page, 'a.txt')
    await open(details)
    await verified(details)
    assert.match(await keptOnDisk(page), /keyfront-opened\//)
    await closeDetails(details)
    const deadline = Date.now() + 5000
    while (/keyfront-opened\//.test(await keptOnDisk(page))) {
      assert.ok(Date.now() < deadline, 'plaintext is left')
      await page.waitForTimeout(50)
    }
    await page.context().close()
  })

  it('a file that does not fit into the browser names the command line', async () => {
    const { page } = await withSealed('quota', [text('a.txt', 'x'.repeat(8 * MIB))])
    const session = await page.context().newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(shared.stack.page).origin, quotaSize: 2 * MIB })
    await openFolder(page, 'quota/')
    const details = await openDetails(page, 'a.txt')
    await open(details)
    await details.getByRole('alert').getByText(/does not fit into what this browser may keep.*keyfront open/).waitFor()
    assert.equal(await page.locator('.opened').count(), 0)
    await page.context().close()
  })

  it('a link opens the file for who has it, without a token, and leaves the address bar', async () => {
    const { page } = await withSealed('linked', [text('letter.txt', 'to whom it may concern')])
    await openFolder(page, 'linked/')
    const details = await openDetails(page, 'letter.txt')
    await details.getByRole('button', { name: 'Share' }).click()
    const dialog = page.getByRole('dialog', { name: 'Share' })
    await dialog.getByText('Whoever has the link can read “letter.txt”: the address in it ends, the key in it does not.').waitFor()
    await page.waitForFunction(() => document.activeElement?.matches('.joined .primary'))
    await page.keyboard.press('Enter')
    await dialog.getByText('Link copied.').waitFor()
    await picture(page, 'sealing-share')
    const link = await page.evaluate(() => navigator.clipboard.readText())
    assert.ok(link.startsWith(`${shared.stack.page}open#v1.`), link.slice(0, 80))
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')

    // With one key from the list, too.
    await item(page, 'letter.txt').focus()
    await page.keyboard.press('c')
    await page.getByText(/Link to “letter\.txt” copied\..*The key of the file is in it\./).waitFor()
    assert.ok((await page.evaluate(() => navigator.clipboard.readText())).startsWith(`${shared.stack.page}open#v1.`))
    assertCalm(page)
    await page.context().close()

    const recipient = await newTab(shared)
    const requests = []
    recipient.on('request', (request) => requests.push(request))
    await recipient.goto(link)
    await recipient.locator('pre').getByText('to whom it may concern').waitFor()
    assert.equal(recipient.url(), `${shared.stack.page}open`)
    assert.equal(await recipient.evaluate(() => location.href.includes('#') || location.hash !== ''), false)
    for (const request of requests) {
      assert.equal(request.headers().authorization, undefined)
      assert.equal((request.headers().referer ?? '').includes('v1.'), false)
    }
    await picture(recipient, 'sealing-recipient')
    assertCalm(recipient)
    await recipient.context().close()
  })

  it('a link without the key asks for it first, and is none without it', async () => {
    const { page, key } = await withSealed('later', [text('a.txt', 'a')])
    await page.context().close()
    const other = await signedIn(shared, { hash: '#/files/later/' })
    const details = await openDetails(other, 'a.txt')
    await details.getByRole('button', { name: 'Share' }).click()
    await wantedDialog(other).waitFor()
    await other.keyboard.press('Escape')
    const dialog = other.getByRole('dialog', { name: 'Share' })
    await dialog.getByText('This needs the key of the file.').waitFor()
    assert.equal(await dialog.getByLabel('Link', { exact: true }).inputValue(), '')
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await wantedDialog(other).getByLabel('Key file').setInputFiles(key.file)
    await other.waitForFunction(() => document.activeElement?.matches('.joined .primary'))
    assert.match(await dialog.getByLabel('Link', { exact: true }).inputValue(), /open#v1\./)
    await other.context().close()
  })

  it('where the CDN makes no link to what is sealed, the storage makes it', async () => {
    const { page } = await withSealed('ways', [text('a.txt', 'a')])
    const ways = []
    await page.route('**/shares', (route) => {
      const { via } = route.request().postDataJSON()
      ways.push(via)
      return via === 's3' ? route.continue() : route.fulfill({ status: 400, contentType: 'application/problem+json', body: JSON.stringify({ code: 'share-refused', title: 'x', status: 400, request_id: 'r' }) })
    })
    await openFolder(page, 'ways/')
    await item(page, 'a.txt').focus()
    await page.keyboard.press('c')
    await page.getByText(/Link to “a\.txt” copied\./).waitFor()
    assert.deepEqual(ways, [undefined, 's3'])
    await page.context().close()
  })
})
