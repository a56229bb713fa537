// Files that are sealed in the browser: what leaves, what is sent again, and what stays on this machine.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, utimesSync } from 'node:fs'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { large, MIB } from './files.mjs'
import { bytesOf, keyDialog, loadKey, makeKey, sealUploads } from './keys.mjs'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text, uploaded } from './person.mjs'
import { alter, keptOnDisk, open, openDetails, PIXEL, recordParts, sealingSuite, sha256, verified } from './sealing.mjs'
import { picture } from './stack.mjs'

const PYTHON = process.env.KEYFRONT_PYTHON ?? `${process.env.KEYFRONT_TOOLS ?? fileURLToPath(new URL('../../.tools', import.meta.url))}/python-tests/bin/python`
const AMAZON = fileURLToPath(new URL('../sealing/amazon.py', import.meta.url))
const noAmazon = spawnSync(PYTHON, ['-c', 'import s3_encryption']).status === 0 ? false : `${PYTHON} has no amazon-s3-encryption-client-python (tests/python/requirements.txt)`

sealingSuite('sealing upload', (shared, { origin, withSealed }) => {
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

  it("Amazon's client opens what was sealed in the browser, by what the bucket has of it and the saved key", { skip: noAmazon }, async () => {
    const { page, key } = await withSealed('amazon', [text('words.txt', 'for another client'), { name: 'parts.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(20 * MIB, 'in parts ') }])
    for (const [name, content] of [['words.txt', Buffer.from('for another client')], ['parts.bin', Buffer.alloc(20 * MIB, 'in parts ')]]) {
      const { envelope } = await origin().describe(`amazon/${name}`)
      const head = JSON.stringify({ key: Buffer.from(JSON.parse(key.text).key, 'base64url').toString('base64'), metadata: envelope })
      const { status, stdout, stderr } = spawnSync(PYTHON, [AMAZON], { input: Buffer.concat([Buffer.from(`${head}\n`), await origin().content(`amazon/${name}`)]), maxBuffer: 64 * MIB })
      assert.equal(status, 0, stderr.toString())
      assert.equal(sha256(stdout), sha256(content))
    }
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
    const anew = page.getByRole('region', { name: /An upload was ended by reloading the page/ })
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
})
