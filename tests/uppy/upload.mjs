// Uploads with the real Uppy: `node upload.mjs ORIGIN TOKEN`. Prints one JSON line of what was stored.

import assert from 'node:assert/strict'
import { XMLHttpRequest } from './xhr.mjs'

const [origin, token] = process.argv.slice(2)
globalThis.XMLHttpRequest = XMLHttpRequest

// Uppy's Companion client takes no headers: a page adds its token where it calls the origin.
const plain = globalThis.fetch
const calls = []
let cut = Infinity
globalThis.fetch = (url, options = {}) => {
  if (!String(url).startsWith(origin)) {
    if (options.method === 'PUT' && --cut < 0) return Promise.reject(new TypeError('connection lost'))
    return plain(url, options)
  }
  calls.push(`${options.method ?? 'GET'} ${new URL(url).pathname.replace(/multipart\/[^/]+/, 'multipart/ID')}`)
  return plain(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } })
}

const { default: Uppy } = await import('@uppy/core')
const { default: AwsS3 } = await import('@uppy/aws-s3')

const MIB = 1024 * 1024
const MULTIPART = { shouldUseMultipart: true, getChunkSize: () => 5 * MIB }
// What a page does besides: Uppy does not say how large a file is, and parts are bound to their lengths.
const uppy = (options) => {
  const client = new Uppy().use(AwsS3, { companionEndpoint: origin, ...options })
  return client.on('file-added', (file) => client.setFileMeta(file.id, { size: file.size, caption: 'at sea', relativePath: null }))
}
const add = (client, name, bytes) =>
  client.addFile({ name, type: 'text/plain', data: new Blob([new Uint8Array(bytes).fill(7)], { type: 'text/plain' }) })

const stored = {}

// One form upload.
{
  const client = uppy({ shouldUseMultipart: false })
  add(client, 'form.txt', 9)
  const { successful, failed } = await client.upload()
  assert.deepEqual(failed, [])
  stored.form = successful[0].response.body.key
  assert.ok(calls.includes('GET /s3/params'))
}

// Parts.
{
  const client = uppy(MULTIPART)
  add(client, 'parts.txt', 11 * MIB)
  const { successful, failed } = await client.upload()
  assert.deepEqual(failed, [])
  const key = successful[0].response.body.key
  const described = await (await fetch(`${origin}/objects/${key}`)).json()
  assert.deepEqual([described.metadata.file_name, described.metadata.fields], ['parts.txt', { caption: 'at sea' }])
  stored.parts = successful[0].response.body.key
}

// Without the size nothing begins, and a part of another length is refused by S3.
{
  const client = uppy(MULTIPART)
  client.on('file-added', (file) => client.setFileMeta(file.id, { size: null }))
  add(client, 'unsized.txt', 11 * MIB)
  const { failed } = await client.upload()
  assert.equal(failed.length, 1)
}
{
  const client = uppy({ shouldUseMultipart: true, retryDelays: null, getChunkSize: () => 6 * MIB })
  add(client, 'longer-parts.txt', 13 * MIB)
  const { failed } = await client.upload()
  assert.equal(failed.length, 1)
}
{
  const client = uppy({ shouldUseMultipart: true, getChunkSize: () => 6 * MIB })
  client.on('file-added', (file) => client.setFileMeta(file.id, { part_size: 6 * MIB }))
  add(client, 'said-parts.txt', 13 * MIB)
  const { failed } = await client.upload()
  assert.deepEqual(failed, [])
}

// The connection is lost after the first part; a new Uppy goes on where the old one stood.
{
  const first = uppy(MULTIPART)
  add(first, 'resumed.txt', 11 * MIB)
  cut = 1
  const { failed } = await first.upload()
  assert.equal(failed.length, 1)
  const { s3Multipart } = first.getFiles()[0]
  assert.ok(s3Multipart.uploadId)
  cut = Infinity
  calls.length = 0
  const second = uppy(MULTIPART)
  const id = add(second, 'resumed.txt', 11 * MIB)
  second.setFileState(id, { s3Multipart })
  const result = await second.upload()
  assert.deepEqual(result.failed, [])
  stored.resumed = result.successful[0].response.body.key
  assert.ok(calls.includes('GET /s3/multipart/ID'))
  assert.ok(!calls.includes('POST /s3/multipart'))
  assert.ok(!calls.includes('GET /s3/multipart/ID/1'))
}

console.log(JSON.stringify(stored))
