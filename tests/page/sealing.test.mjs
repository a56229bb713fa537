// Files that are sealed in the browser: keys of the publisher's own, uploads, opening, links, and what happens when something is wrong.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, utimesSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { assertAccessible, excessOf } from './accessible.mjs'
import { bytesOf, keyDialog, loadKey, makeKey, sealUploads, spaced, usePassphrase, wantedDialog } from './keys.mjs'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text, uploaded } from './person.mjs'
import { api, isExam, picture, suite } from './stack.mjs'

const MIB = 1 << 20
const PHRASE = 'violin tractor moonlight pepper'
const scratch = mkdtempSync(join(tmpdir(), 'keyfront-sealed-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** A file on disk whose bytes say where they are. */
function large(name, mebibytes) {
  const path = join(scratch, name)
  const file = openSync(path, 'w')
  for (let at = 0; at < mebibytes; at++) writeSync(file, Buffer.alloc(MIB, `${at} of ${name}\n`))
  closeSync(file)
  return path
}

/** Writes something else into what is the second part of a file. */
function alter(path) {
  const file = openSync(path, 'r+')
  writeSync(file, 'other words', 20 * MIB)
  closeSync(file)
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF')

/** A film of a moment, recorded by the browser. */
const film = (page) => page.evaluate(async () => {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
  const chunks = []
  recorder.ondataavailable = ({ data }) => chunks.push(data)
  recorder.start()
  for (let at = 0; at < 12; at++) {
    context.fillStyle = `hsl(${at * 30} 70% 60%)`
    context.fillRect(0, 0, 300, 150)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop() })
  return [...new Uint8Array(await new Blob(chunks).arrayBuffer())]
})

/** From now on, hashes of what the page sends as parts, by their number. */
const recordParts = (page) => page.addInitScript(() => {
  window.sentParts = []
  const { open, send } = XMLHttpRequest.prototype
  XMLHttpRequest.prototype.open = function (method, url, ...rest) { this.address = url; return open.call(this, method, url, ...rest) }
  XMLHttpRequest.prototype.send = function (body) {
    const number = Number(new URL(this.address, location.href).searchParams.get('partNumber'))
    if (number > 0) void body.arrayBuffer().then((bytes) => crypto.subtle.digest('SHA-256', bytes)).then((hash) => window.sentParts.push([number, [...new Uint8Array(hash)].join()]))
    return send.call(this, body)
  }
})

/** All that the browser keeps of the page on this machine, as one text. */
const keptOnDisk = (page) => page.evaluate(async () => {
  const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)]
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => { indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result) })
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((resolve) => { database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => resolve(target.result) })
      for (const row of rows) all.push(JSON.stringify(row), row.data instanceof Blob ? await row.data.text() : '')
    }
    database.close()
  }
  const root = await navigator.storage.getDirectory()
  for await (const [name, handle] of root.entries()) if (handle.kind === 'directory') for await (const inner of handle.keys()) all.push(`${name}/${inner}`)
  return all.join('\n')
})

const openDetails = async (page, name) => {
  await item(page, name).click()
  const dialog = page.getByRole('dialog', { name, exact: true })
  await dialog.waitFor()
  return dialog
}
const open = (dialog) => dialog.getByRole('button', { name: 'Open', exact: true }).click()
const verified = (dialog) => dialog.getByText('Opened here. Every byte is as it was when it was sealed.').waitFor()
const closeDetails = (dialog) => dialog.getByRole('button', { name: 'Close' }).click()

suite('sealing', (shared) => {
  const origin = () => api(shared.stack)

  /** A tab that holds a new key and has sealed files into a folder with it. */
  async function withSealed(folder, files, options = {}) {
    const page = await signedIn(shared, options)
    await sealUploads(page, folder)
    const key = await makeKey(page)
    await choose(page, files)
    await startUpload(page)
    await uploaded(page, files.length)
    return { page, key }
  }

  /** Stores other bytes under the same envelope, as whoever can write to the bucket might. */
  async function overwrite(key, change) {
    const { envelope, content_type } = await origin().describe(key)
    const body = change(await origin().content(key))
    const call = async (path, document) => (await fetch(`${shared.stack.api}${path}`, { method: 'POST', headers: { authorization: `Bearer ${shared.stack.token}`, 'content-type': 'application/json' }, body: JSON.stringify(document) })).json()
    const plan = await call('/uploads', { key, size: body.length, content_type, method: 'put', overwrite: true, envelope })
    const headers = Object.fromEntries(Object.entries(plan.headers).filter(([name]) => !/^(?:content-length|host)$/i.test(name)))
    assert.equal((await fetch(plan.url, { method: 'PUT', headers, body })).status, 200)
    await call(`/uploads/${plan.upload}/complete`, {})
  }

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

  it('what is sealed leaves as ciphertext, with its name and tags, and without a small picture', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'sealed')
    const key = await makeKey(page)
    await page.getByLabel('Tags', { exact: true }).fill('secret, spring')
    await page.getByLabel('Tags', { exact: true }).press('Tab')
    const words = 'words that nobody else reads'
    await choose(page, [text('Notes ü.txt', words), { name: 'pixel.png', mimeType: 'image/png', buffer: PIXEL }])
    await startUpload(page)
    await uploaded(page, 2)
    const described = await origin().describe('sealed/Notes ü.txt')
    assert.equal(described.size, words.length + 16)
    assert.equal(JSON.parse(described.envelope['x-amz-m'])['keyfront-key'], key.id)
    assert.equal(described.metadata.file_name, 'Notes ü.txt')
    assert.deepEqual(described.metadata.tags, ['secret', 'spring'])
    assert.equal((await origin().content('sealed/Notes ü.txt')).includes(Buffer.from('nobody')), false)
    await openFolder(page, 'sealed/')
    await item(page, 'pixel.png').waitFor()
    assert.equal(await page.locator('.tile .seal').count(), 2, 'both are marked as sealed')
    await picture(page, 'sealing-gallery')
    // A plain picture after it has its small one by now; the sealed one never gets any.
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    await page.locator('.uppy-StatusBar-actionBtn--done').click()
    await openUpload(page, 'sealed')
    await page.getByLabel('Encryption').selectOption('Storage key')
    await choose(page, [{ name: 'plain.png', mimeType: 'image/png', buffer: PIXEL }])
    await startUpload(page)
    const deadline = Date.now() + 10_000
    while ((await origin().describe('sealed/.thumbnails/plain.png.webp')) === null) {
      assert.ok(Date.now() < deadline)
      await page.waitForTimeout(100)
    }
    assert.deepEqual((await origin().keys('sealed/.thumbnails/')), ['sealed/.thumbnails/plain.png.webp'])
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

  it('without a key nothing is sent, and the list says what is needed', async () => {
    const page = await signedIn(shared)
    await sealUploads(page, 'nokey')
    await keyDialog(page).waitFor()
    await page.keyboard.press('Escape')
    await keyDialog(page).waitFor({ state: 'detached' })
    await choose(page, [text('a.txt', 'a')])
    await startUpload(page)
    // It is asked for once more, now that it is needed.
    await keyDialog(page).waitFor()
    await page.keyboard.press('Escape')
    const failures = page.getByRole('region', { name: 'Not uploaded' })
    await failures.getByText('This needs the key of the file.').waitFor()
    assert.deepEqual(await origin().keys('nokey/'), [])
    await failures.getByRole('button', { name: 'Try again: a.txt' }).click()
    await makeKey(page)
    await page.locator('.uppy-Dashboard-Item.is-complete').waitFor()
    assert.ok((await origin().describe('nokey/a.txt')).envelope)
    await page.context().close()
  })

  it('a part that is sent again is the same ciphertext, also after a pause', async () => {
    const path = large('again.bin', 40)
    const page = await newTab(shared)
    await recordParts(page)
    await signIn(page, shared.stack)
    await sealUploads(page, 'again')
    await makeKey(page)
    let lost = 2
    await page.route(/[?&]partNumber=2(?:&|$)/, (route) => (lost-- > 0 ? route.abort('internetdisconnected') : route.continue()))
    await page.route(/[?&]partNumber=3(?:&|$)/, (route) => route.abort('internetdisconnected'))
    await choose(page, path)
    await startUpload(page)
    await page.waitForFunction(() => window.sentParts.filter(([number]) => number === 2).length >= 3)
    await page.locator('.uppy-StatusBar-actionCircleBtn').first().click()
    await page.locator('.uppy-StatusBar-statusPrimary', { hasText: 'Paused' }).waitFor()
    await page.unrouteAll({ behavior: 'wait' })
    await page.locator('.uppy-StatusBar-actionCircleBtn').first().click()
    await uploaded(page, 1)
    const sent = await page.evaluate(() => window.sentParts)
    for (const number of [1, 2, 3]) assert.equal(new Set(sent.filter(([part]) => part === number).map(([, hash]) => hash)).size, 1, `part ${number} had two texts`)
    assert.equal(sent.filter(([part]) => part === 1).length, 1, 'a part that had arrived was sent again')
    assert.ok(sent.filter(([part]) => part === 3).length >= 2)
    const stored = await origin().describe('again/again.bin')
    assert.equal(stored.size, 40 * MIB + 16)

    await openFolder(page, 'again/')
    const details = await openDetails(page, 'again.bin')
    await open(details)
    await verified(details)
    const download = page.waitForEvent('download')
    await details.getByRole('button', { name: 'Save' }).click()
    assert.equal(sha256(await bytesOf(await download)), sha256(readFileSync(path)))
    assertCalm(page)
    await page.context().close()
  })

  for (const [how, file] of [['under its old time', 'sly.bin'], ['openly', 'open.bin']]) {
    it(`a file that was altered between attempts, ${how}, ends with the reason, and nothing of it is stored`, async () => {
      const path = large(file, 24)
      // Whole seconds, which can be put back.
      utimesSync(path, 1_790_000_000, 1_790_000_000)
      const page = await signedIn(shared)
      await sealUploads(page, `altered-${file}`)
      await makeKey(page)
      const aborted = []
      page.on('request', (request) => { if (request.method() === 'DELETE' && request.url().includes('/uploads/')) aborted.push(request.url()) })
      await page.route(/[?&]partNumber=2(?:&|$)/, (route) => route.abort('internetdisconnected'))
      await choose(page, path)
      await startUpload(page)
      await page.getByText('The connection is lost.').waitFor()
      alter(path)
      if (file === 'sly.bin') utimesSync(path, 1_790_000_000, 1_790_000_000)
      // The network stays away: what was read before the file was altered does not arrive, and the next attempt reads it again.
      const failures = page.getByRole('region', { name: 'Not uploaded' })
      await failures.getByText(file === 'sly.bin' ? 'The file was changed after its upload began' : /The file (?:was changed after|cannot be read)/).waitFor()
      await failures.getByText('Nothing of it').or(failures.getByText('nothing of it')).first().waitFor()
      await picture(page, 'sealing-altered')
      assert.equal(await page.getByText(/files? uploaded\./).count(), 0)
      assert.equal(await page.locator('.uppy-Dashboard-Item.is-complete').count(), 0)
      assert.deepEqual(await origin().keys(`altered-${file}/`), [])
      assert.equal(aborted.length, 1, 'what S3 held of it is given up')
      assertCalm(page)
      await page.context().close()
    })
  }

  it('a file that is altered after all of it was read is stored as it was read, never as a mixture', async () => {
    const path = large('late.bin', 24)
    const before = sha256(readFileSync(path))
    const page = await signedIn(shared)
    await sealUploads(page, 'late')
    await makeKey(page)
    let attempts = 0
    await page.route(/[?&]partNumber=2(?:&|$)/, (route) => {
      attempts += 1
      if (attempts === 1) return route.abort('internetdisconnected')
      // This attempt has its bytes.
      alter(path)
      return route.continue()
    })
    await choose(page, path)
    await startUpload(page)
    await uploaded(page, 1)
    assert.equal(attempts, 2)
    assert.notEqual(sha256(readFileSync(path)), before)
    await openFolder(page, 'late/')
    const details = await openDetails(page, 'late.bin')
    await open(details)
    await verified(details)
    const download = page.waitForEvent('download')
    await details.getByRole('button', { name: 'Save' }).click()
    assert.equal(sha256(await bytesOf(await download)), before)
    await page.context().close()
  })

  it('a taken name asks as for other files, and both are kept sealed', async () => {
    await origin().put('taken-sealed/a.txt', 'plain')
    await origin().put('taken-sealed/b.bin', 'plain', 'application/octet-stream')
    const page = await signedIn(shared)
    await sealUploads(page, 'taken-sealed')
    await makeKey(page)
    await choose(page, [large('a.txt', 1), large('b.bin', 17)])
    await startUpload(page)
    const dialog = page.getByRole('alertdialog', { name: 'This name is taken' })
    await dialog.getByLabel('Do the same for all others').check()
    await dialog.getByRole('button', { name: 'Keep both' }).click()
    await uploaded(page, 2)
    assert.deepEqual(await origin().keys('taken-sealed/'), ['taken-sealed/a (2).txt', 'taken-sealed/a.txt', 'taken-sealed/b (2).bin', 'taken-sealed/b.bin'])
    assert.equal((await origin().content('taken-sealed/a.txt')).toString(), 'plain')
    for (const key of ['taken-sealed/a (2).txt', 'taken-sealed/b (2).bin']) assert.ok((await origin().describe(key)).envelope)
    assertCalm(page)
    await page.context().close()
  })

  it('after a reload the list says that a sealed upload starts anew, and nothing of it was kept', async () => {
    const path = large('reloaded.bin', 24)
    const page = await signedIn(shared)
    page.on('dialog', (dialog) => dialog.accept())
    await sealUploads(page, 'reloaded')
    const key = await makeKey(page)
    await page.route(/[?&]partNumber=2(?:&|$)/, (route) => route.abort('internetdisconnected'))
    await choose(page, [path])
    await startUpload(page)
    await page.getByText('The connection is lost.').waitFor()
    await page.waitForTimeout(1200)
    assert.equal((await keptOnDisk(page)).includes('reloaded.bin'), false, 'Golden Retriever saw it')
    await page.reload()
    await page.unrouteAll({ behavior: 'wait' })
    await signIn(page, shared.stack)
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    const anew = page.getByRole('region', { name: /A sealed upload was ended by reloading the page/ })
    await anew.getByText('reloaded.bin').waitFor()
    await picture(page, 'sealing-anew')
    assert.equal(await page.getByRole('button', { name: 'Re-select' }).count(), 0)
    await sealUploads(page, 'reloaded')
    await loadKey(page, key.file)
    await choose(page, [path])
    await anew.waitFor({ state: 'detached' })
    await startUpload(page)
    await uploaded(page, 1)
    assert.equal((await origin().describe('reloaded/reloaded.bin')).size, 24 * MIB + 16)
    await page.context().close()
  })

  it('a file that is to be sealed after all leaves no copy on this machine', async () => {
    const page = await signedIn(shared)
    await openUpload(page, 'after')
    await choose(page, [text('changed-mind.txt', 'words of the mind')])
    const until = async (isKept) => {
      const deadline = Date.now() + 10_000
      while ((await keptOnDisk(page)).includes('words of the mind') !== isKept) {
        assert.ok(Date.now() < deadline, `kept: ${!isKept}`)
        await page.waitForTimeout(100)
      }
    }
    await until(true)
    await page.getByText('Options', { exact: true }).click()
    await page.getByLabel('Encryption').selectOption('Sealed in this browser')
    await makeKey(page)
    await until(false)
    assert.equal((await keptOnDisk(page)).includes('changed-mind'), false)
    await startUpload(page)
    await uploaded(page, 1)
    assert.ok((await origin().describe('after/changed-mind.txt')).envelope)
    await page.context().close()
  })

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

  it('a tab without the key is asked for it, and one with another as well', async () => {
    const { page, key } = await withSealed('ask', [text('mine.txt', 'mine alone')])
    await page.context().close()
    const other = await signedIn(shared)
    await sealUploads(other, 'ask')
    const second = await makeKey(other)
    await openFolder(other, 'ask/')
    assert.equal(await other.locator('.tile .seal').count(), 0, 'listings do not say')
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
    assert.equal(await other.locator('.tile .seal').count(), 1, 'by now it is known')
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
