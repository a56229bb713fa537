// What the tests of sealed files have in common: a tab with a key, what it sends and keeps, and somebody who alters what is stored.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { MIB } from './files.mjs'
import { makeKey, sealUploads } from './keys.mjs'
import { choose, item, signedIn, startUpload, uploaded } from './person.mjs'
import { api, suite } from './stack.mjs'

export const PHRASE = 'violin tractor moonlight pepper'

/** Writes something else into what is the second part of a file. */
export function alter(path) {
  const file = openSync(path, 'r+')
  writeSync(file, 'other words', 20 * MIB)
  closeSync(file)
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

export const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
export const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF')

/** A film of a moment, recorded by the browser. */
export const film = (page) => page.evaluate(async () => {
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
export const recordParts = (page) => page.addInitScript(() => {
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
export const keptOnDisk = (page) => page.evaluate(async () => {
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

export const openDetails = async (page, name) => {
  await item(page, name).click()
  const dialog = page.getByRole('dialog', { name, exact: true })
  await dialog.waitFor()
  return dialog
}
export const open = (dialog) => dialog.getByRole('button', { name: 'Open', exact: true }).click()
export const verified = (dialog) => dialog.getByText('Opened here. Every byte is as it was when it was sealed.').waitFor()
export const closeDetails = (dialog) => dialog.getByRole('button', { name: 'Close' }).click()

/** `name`d tests that share one stack, with what they do to it. */
export const sealingSuite = (name, define) => suite(name, (shared) => {
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

  define(shared, { origin, withSealed, overwrite })
})
