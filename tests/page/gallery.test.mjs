// Finding files again: pictures, names, search, order, ten thousand of them, and what can be seen of one.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertCalm, choose, item, newTab, openFolder, openUpload, signedIn, signIn, startUpload, text, uploaded } from './person.mjs'
import { api, picture, suite } from './stack.mjs'

/** A picture of so many pixels, drawn by the browser. */
async function drawn(page, name, width, height, colour) {
  const bytes = await page.evaluate(async ({ width, height, colour }) => {
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    const gradient = context.createLinearGradient(0, 0, width, height)
    gradient.addColorStop(0, colour)
    gradient.addColorStop(1, '#fff3d6')
    context.fillStyle = gradient
    context.fillRect(0, 0, width, height)
    context.fillStyle = '#00000030'
    context.beginPath()
    context.moveTo(0, height)
    context.lineTo(width * 0.4, height * 0.45)
    context.lineTo(width * 0.6, height * 0.65)
    context.lineTo(width * 0.8, height * 0.5)
    context.lineTo(width, height)
    context.fill()
    const blob = await canvas.convertToBlob({ type: 'image/png' })
    return [...new Uint8Array(await blob.arrayBuffer())]
  }, { width, height, colour })
  return { name, mimeType: 'image/png', buffer: Buffer.from(bytes) }
}

/** A film of a second, recorded by the browser. */
const film = (page) => page.evaluate(async () => {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
  const chunks = []
  recorder.ondataavailable = ({ data }) => chunks.push(data)
  recorder.start()
  for (let at = 0; at < 20; at++) {
    context.fillStyle = `hsl(${at * 18} 70% 60%)`
    context.fillRect(0, 0, 300, 150)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop() })
  return [...new Uint8Array(await new Blob(chunks).arrayBuffer())]
})

const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF')

suite('gallery', (shared) => {
  const origin = () => api(shared.stack)
  const names = async (page) => page.locator('.items .name').allTextContents()

  it('pictures have small ones, which were made in the browser and lie beside them', async () => {
    const page = await signedIn(shared)
    const pictures = [await drawn(page, 'mountain.png', 600, 400, '#3b6ea5'), await drawn(page, 'dusk.png', 300, 450, '#8d4b7d'), await drawn(page, 'tiny.png', 40, 30, '#3d8b63')]
    await openUpload(page, 'pictures')
    await choose(page, pictures)
    await startUpload(page)
    await uploaded(page, 3)
    for (const name of ['mountain', 'dusk', 'tiny']) {
      await page.waitForFunction((url) => fetch(url.path, { headers: { authorization: `Bearer ${url.token}` } }).then(({ ok }) => ok), { path: `${shared.stack.api}/objects/pictures/.thumbnails/${name}.png.webp`, token: shared.stack.token })
    }
    const small = await origin().describe('pictures/.thumbnails/mountain.png.webp')
    assert.equal(small.content_type, 'image/webp')
    await openFolder(page, 'pictures/')
    await item(page, 'mountain.png').waitFor()
    assert.deepEqual(await names(page), ['dusk.png', 'mountain.png', 'tiny.png'], 'small pictures are no files of their own')
    await page.waitForFunction(() => [...document.querySelectorAll('.tile img')].filter((image) => image.naturalWidth > 0 && /thumbnails/.test(decodeURIComponent(image.src))).length === 3)
    const sides = await page.evaluate(() => [...document.querySelectorAll('.tile img')].map((image) => Math.max(image.naturalWidth, image.naturalHeight)))
    assert.deepEqual(sides, [256, 256, 40])
    await picture(page, 'gallery')
    assertCalm(page)
    await page.context().close()
  })

  it('folders are opened, left, and shown flat', async () => {
    for (const key of ['tree/a.txt', 'tree/in/b.txt', 'tree/in/deeper/c.txt', 'tree/über #1/d.txt']) await origin().put(key, key)
    const page = await signedIn(shared, { hash: '#/files/tree/' })
    await item(page, 'a.txt').waitFor()
    assert.deepEqual((await names(page)).sort(), ['a.txt', 'in', 'über #1'].sort())
    await page.getByRole('link', { name: 'Folder über #1' }).click()
    await item(page, 'd.txt').waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'Folder in', exact: true }).click()
    await item(page, 'b.txt').waitFor()
    await page.getByLabel('With all subfolders').check()
    await item(page, 'c.txt').waitFor()
    await page.getByRole('navigation', { name: 'Folder path' }).getByRole('link', { name: 'tree' }).click()
    await item(page, 'd.txt').waitFor()
    assert.deepEqual((await names(page)).sort(), ['a.txt', 'b.txt', 'c.txt', 'd.txt'])
    await page.context().close()
  })

  it('files are found by name, tag and kind, and ordered', async () => {
    const headers = (name, tags) => ({ 'keyfront-file-name': encodeURIComponent(name), 'keyfront-tags': tags })
    await origin().put('find/1', 'a'.repeat(300), 'text/plain', '', headers('Zebra report.txt', 'africa'))
    await origin().put('find/2', 'a', 'image/png', '', headers('äpfel.png', 'fruit'))
    await origin().put('find/3', 'a'.repeat(20), 'video/mp4', '', headers('Film 10.mp4', 'fruit'))
    await origin().put('find/4', 'a'.repeat(10), 'video/mp4', '', headers('film 9.mp4', 'night'))
    const page = await signedIn(shared, { hash: '#/files/find/' })
    await item(page, 'äpfel.png').waitFor()
    assert.deepEqual(await names(page), ['äpfel.png', 'film 9.mp4', 'Film 10.mp4', 'Zebra report.txt'])
    await page.getByLabel('Sort by').selectOption('Largest first')
    assert.deepEqual(await names(page), ['Zebra report.txt', 'Film 10.mp4', 'film 9.mp4', 'äpfel.png'])
    await page.getByLabel('Kind').selectOption('Videos')
    assert.deepEqual(await names(page), ['Film 10.mp4', 'film 9.mp4'])
    await page.getByLabel('Kind').selectOption('All kinds')
    await page.getByLabel('Search').fill('FRUIT')
    assert.deepEqual(await names(page), ['Film 10.mp4', 'äpfel.png'])
    await page.getByText('2 of 4 items').waitFor()
    await page.getByLabel('Search').fill('nothing like it')
    await page.getByText('Nothing found').waitFor()
    await page.context().close()
  })

  it('times are in the reader’s zone', async () => {
    const page = await newTab(shared, { timezoneId: 'Asia/Tokyo' })
    await page.route(/\/objects\?/, (route) => route.fulfill({ json: { objects: [{ key: 'z/a.txt', path: '/z/a.txt', etag: '"1"', size: 1, last_modified: '2026-11-30T20:30:00Z', metadata: null, url: null }], folders: [], next_cursor: null } }))
    await signIn(page, shared.stack, { hash: '#/files/z/' })
    await page.getByRole('button', { name: 'List', exact: true }).click()
    await page.getByText('1 Dec 2026, 05:30').waitFor()
    await page.context().close()
  })

  it('ten thousand objects are loaded, searched and scrolled with few of them drawn', async () => {
    const page = await newTab(shared)
    const all = Array.from({ length: 10_000 }, (_, at) => ({ key: `many/file-${String(at).padStart(5, '0')}.txt`, path: '/x', etag: '"1"', size: at, last_modified: '2026-11-30T12:00:00Z', metadata: null, url: null }))
    await page.route(/\/objects\?/, (route) => {
      const query = new URL(route.request().url()).searchParams
      const from = Number(query.get('cursor') ?? 0)
      const limit = Number(query.get('limit'))
      const next = from + limit < all.length ? String(from + limit) : null
      return route.fulfill({ json: { objects: all.slice(from, from + limit), folders: [], next_cursor: next } })
    })
    await signIn(page, shared.stack, { hash: '#/files/many/' })
    await page.getByRole('button', { name: 'Load all' }).click()
    await page.getByText('10,000 items', { exact: true }).waitFor()
    assert.ok(await page.locator('.items > li').count() < 200)
    await page.locator('.scroller').evaluate((element) => { element.scrollTop = element.scrollHeight })
    await item(page, 'file-09999.txt').waitFor()
    await page.getByLabel('Search').fill('file-0777')
    await page.getByText('10 of 10,000 items').waitFor()
    assert.equal(await page.locator('.items > li').count(), 10)
    await page.getByLabel('Search').fill('')
    await page.getByLabel('Sort by').selectOption('Largest first')
    await page.locator('.scroller').evaluate((element) => { element.scrollTop = 0 })
    await item(page, 'file-09999.txt').waitFor()
    await page.context().close()
  })

  it('more is loaded as somebody scrolls', async () => {
    const page = await newTab(shared)
    let calls = 0
    await page.route(/\/objects\?/, (route) => {
      calls += 1
      const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0)
      const objects = Array.from({ length: 100 }, (_, at) => ({ key: `s/${String(from + at).padStart(5, '0')}.txt`, path: '/x', etag: null, size: 1, last_modified: null, metadata: null, url: null }))
      return route.fulfill({ json: { objects, folders: [], next_cursor: from < 900 ? String(from + 100) : null } })
    })
    await signIn(page, shared.stack, { hash: '#/files/s/' })
    await page.getByText('200 items+').waitFor()
    assert.equal(calls, 2)
    for (let at = 0; at < 12; at++) await page.locator('.scroller').evaluate((element) => { element.scrollTop = element.scrollHeight; return new Promise((resolve) => setTimeout(resolve, 100)) })
    await page.getByText('1,000 items', { exact: true }).waitFor()
    await page.context().close()
  })

  it('pictures, films, PDF and text are shown, films from their ranges', async () => {
    const page = await signedIn(shared)
    const image = await drawn(page, 'image.png', 300, 200, '#3b6ea5')
    await origin().put('see/image.png', image.buffer, 'image/png')
    await origin().put('see/film.webm', Buffer.from(await film(page)), 'video/webm')
    await origin().put('see/page.pdf', PDF, 'application/pdf')
    await origin().put('see/words.txt', 'Grüße,\n<b>no markup</b>')
    await origin().put('see/drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" onload="window.hit=1"><script>window.hit=2</script><rect width="60" height="40" fill="teal"/></svg>', 'image/svg+xml')
    await origin().put('see/data.bin', 'x', 'application/octet-stream')
    await openFolder(page, 'see/')
    const open = async (name) => {
      await item(page, name).click()
      return page.getByRole('dialog', { name })
    }
    const close = (dialog) => dialog.getByRole('button', { name: 'Close' }).click()

    let dialog = await open('image.png')
    await page.waitForFunction(() => document.querySelector('img.shown')?.naturalWidth === 300)
    await picture(page, 'details')
    await dialog.getByText('image/png').waitFor()
    await close(dialog)

    const ranges = []
    page.on('request', (request) => { if (request.resourceType() === 'media') ranges.push(request.headers().range) })
    dialog = await open('film.webm')
    await page.waitForFunction(() => document.querySelector('video')?.readyState >= 1)
    assert.ok(ranges.length > 0 && ranges.every((range) => /^bytes=/.test(range)), `ranges: ${ranges}`)
    await close(dialog)

    dialog = await open('words.txt')
    await page.waitForFunction(() => document.querySelector('pre')?.textContent === 'Grüße,\n<b>no markup</b>')
    await close(dialog)

    dialog = await open('drawing.svg')
    await page.waitForFunction(() => document.querySelector('img.shown')?.naturalWidth > 0)
    await close(dialog)

    dialog = await open('page.pdf')
    await dialog.locator('iframe[title="page.pdf"]').waitFor()
    await close(dialog)

    dialog = await open('data.bin')
    await dialog.getByText('There is no preview for this kind of file.').waitFor()
    await close(dialog)
    assert.equal(await page.evaluate(() => window.hit), undefined)
    assertCalm(page)
    await page.context().close()
  })

  it('what rests in an envelope is opened by the origin and shown', async () => {
    await origin().put('sealed/words.txt', 'opened for you', 'text/plain', '?encryption=envelope-kms')
    const page = await signedIn(shared, { hash: '#/files/sealed/' })
    await item(page, 'words.txt').click()
    await page.waitForFunction(() => document.querySelector('pre')?.textContent === 'opened for you')
    await page.getByRole('dialog').getByText('sealed before it was stored').waitFor()
    assertCalm(page)
    await page.context().close()
  })

  it('details have size, type, time, tags, encryption and checksum', async () => {
    const { etag } = await origin().put('facts/x.txt', 'twelve bytes', 'text/plain', '', { 'keyfront-file-name': encodeURIComponent('Original näme.txt'), 'keyfront-tags': 'one,two' })
    const page = await signedIn(shared, { hash: '#/files/facts/' })
    await item(page, 'Original näme.txt').click()
    const facts = page.getByRole('dialog', { name: 'Original näme.txt' }).locator('dl')
    await facts.waitFor()
    const said = await facts.textContent()
    for (const expected of ['Original näme.txt', 'facts/x.txt', '12 bytes', 'text/plain', 'one, two', 'with this system’s key', etag.replaceAll('"', ''), '2026']) assert.ok(said.includes(expected), `${expected} in ${said}`)
    await page.context().close()
  })
})
