// The page of upload.mjs: uploads in every way that a page can, straight from the browser. Bundled by the driver.

import Uppy from '@uppy/core'
import AwsS3 from '@uppy/aws-s3'

const MIB = 1024 * 1024
const MULTIPART = { shouldUseMultipart: true, getChunkSize: () => 5 * MIB }

const plainFetch = globalThis.fetch
const calls = []
/** How many more parts get through before the connection is lost. */
let partsLeft = Infinity

const plainOpen = XMLHttpRequest.prototype.open
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  const lost = method === 'PUT' && --partsLeft < 0
  return plainOpen.call(this, method, lost ? 'http://127.0.0.1:1/' : url, ...rest)
}

const bytes = (length) => new Uint8Array(length).fill(7)

/** What a page makes of a publishers' API at `api`, as the publisher with this token. */
function publisher(api, token) {
  const authorized = (options = {}) => ({ ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } })

  async function call(path, options) {
    const answer = await plainFetch(`${api}${path}`, authorized(options))
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    return answer
  }

  const json = async (path, body) => {
    const document = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    return (await call(path, { method: 'POST', ...document })).json()
  }

  // Uppy's Companion client takes no headers: a page adds its token where it calls the API.
  globalThis.fetch = (url, options = {}) => {
    if (!String(url).startsWith(api)) return plainFetch(url, options)
    const path = String(url).slice(api.length).split('?')[0]
    calls.push(`${options.method ?? 'GET'} ${path.replace(/multipart\/[^/]+/, 'multipart/ID')}`)
    return plainFetch(url, authorized(options))
  }

  // What a page does besides: Uppy does not say how large a file is, and parts are bound to their lengths.
  const uppy = (options, meta = {}) => {
    const client = new Uppy().use(AwsS3, { companionEndpoint: api, ...options })
    const all = { caption: 'at sea', relativePath: null, ...meta }
    return client.on('file-added', (file) => client.setFileMeta(file.id, { size: file.size, ...all }))
  }
  const add = (client, name, length) =>
    client.addFile({ name, type: 'text/plain', data: new Blob([bytes(length)], { type: 'text/plain' }) })
  const upload = async (client) => {
    const { successful, failed } = await client.upload()
    if (failed.length > 0) throw new Error(failed.map((file) => file.error).join())
    return successful[0].response.body.key
  }
  return { call, json, uppy, add, upload }
}

/** Every way, by name; each returns what the test looks at. */
const ways = {
  async fetch({ call }, folder) {
    const key = `${folder}/fetch.txt`
    const put = await call(`/objects/${key}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'of a page' })
    const { etag } = await put.json()
    const replaced = await call(`/objects/${key}?overwrite=true`, {
      method: 'PUT', headers: { 'content-type': 'text/plain', 'if-match': etag }, body: bytes(9),
    })
    const listed = await (await call(`/objects?prefix=${folder}/`)).json()
    return { key, id: replaced.headers.get('x-keyfront-request-id'), listed: JSON.stringify(listed) }
  },

  async remove({ call }, folder) {
    const path = `/objects/${folder}/removed.txt`
    await call(path, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'x' })
    return { status: (await call(path, { method: 'DELETE' })).status }
  },

  async presignedPut({ json }, folder) {
    const plan = await json('/uploads', { key: `${folder}/put.bin`, size: 9, method: 'put' })
    const put = await plainFetch(plan.url, { method: 'PUT', headers: plan.headers, body: bytes(9) })
    if (!put.ok) throw new Error(`${put.status} ${await put.text()}`)
    const { key, size } = await json(`/uploads/${plan.upload}/complete`)
    return { key, size, etag: put.headers.get('etag') }
  },

  async presignedForm({ json }, folder) {
    const plan = await json('/uploads', { key: `${folder}/form.bin`, size: 9, method: 'form', overwrite: true })
    const form = new FormData()
    for (const [name, value] of Object.entries(plan.fields)) form.append(name, value)
    form.append('file', new Blob([bytes(9)]))
    const sent = await plainFetch(plan.url, { method: 'POST', body: form })
    if (!sent.ok) throw new Error(`${sent.status} ${await sent.text()}`)
    const { key } = await json(`/uploads/${plan.upload}/complete`)
    return { key, location: sent.headers.get('location'), etag: sent.headers.get('etag') }
  },

  async presignedParts({ json }, folder) {
    const content = bytes(11 * MIB)
    const plan = await json('/uploads', { key: `${folder}/parts.bin`, size: content.length, method: 'multipart' })
    const numbers = Array.from({ length: plan.parts }, (_, at) => at + 1)
    const { parts } = await json(`/uploads/${plan.upload}/parts`, { parts: numbers })
    const etags = []
    for (const { number, url, headers } of parts) {
      const body = content.slice((number - 1) * plan.part_size, number * plan.part_size)
      const put = await plainFetch(url, { method: 'PUT', headers, body })
      if (!put.ok) throw new Error(`part: ${put.status} ${await put.text()}`)
      etags.push(put.headers.get('etag'))
    }
    const { key } = await json(`/uploads/${plan.upload}/complete`)
    return { key, etags }
  },

  async share({ call, json }, folder) {
    const key = `${folder}/shared.txt`
    await call(`/objects/${key}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'shared with a page' })
    const { url } = await json('/shares', { key })
    const read = await plainFetch(url, { headers: { range: 'bytes=0-5' } })
    return { text: await read.text(), range: read.headers.get('content-range'), id: read.headers.get('x-amz-request-id') }
  },

  async form({ uppy, add, upload }) {
    const client = uppy({ shouldUseMultipart: false })
    add(client, 'form.txt', 9)
    return { key: await upload(client) }
  },

  async parts({ uppy, add, upload }) {
    const client = uppy(MULTIPART)
    add(client, 'parts.txt', 11 * MIB)
    return { key: await upload(client) }
  },

  async saidParts({ uppy, add, upload }) {
    const client = uppy({ shouldUseMultipart: true, getChunkSize: () => 6 * MIB }, { part_size: 6 * MIB })
    add(client, 'said-parts.txt', 13 * MIB)
    return { key: await upload(client) }
  },

  /** The connection is lost after the first part; a new Uppy goes on where the old one stood. */
  async resumed({ uppy, add, upload }) {
    const first = uppy({ ...MULTIPART, retryDelays: null, limit: 1 })
    add(first, 'resumed.txt', 11 * MIB)
    partsLeft = 1
    const lost = await upload(first).then(() => false, () => true)
    partsLeft = Infinity
    const { s3Multipart } = first.getFiles()[0]
    calls.length = 0
    const second = uppy(MULTIPART)
    const id = add(second, 'resumed.txt', 11 * MIB)
    second.setFileState(id, { s3Multipart })
    const key = await upload(second)
    return { key, lost, calls: [...calls] }
  },
}

/** What must fail: without a size nothing begins, and a part of another length is refused by S3. */
const refused = {
  async unsized({ uppy, add, upload }) {
    const client = uppy(MULTIPART, { size: null })
    add(client, 'unsized.txt', 11 * MIB)
    return { key: await upload(client) }
  },

  async longerParts({ uppy, add, upload }) {
    const client = uppy({ shouldUseMultipart: true, retryDelays: null, getChunkSize: () => 6 * MIB })
    add(client, 'longer-parts.txt', 13 * MIB)
    return { key: await upload(client) }
  },
}

/** What became of each way: what it returned, or why it failed. */
window.attempts = async ({ api, token, folder }) => {
  const results = {}
  const page = publisher(api, token)
  for (const [name, way] of Object.entries({ ...ways, ...refused })) {
    results[name] = await way(page, folder).catch((error) => ({ failed: String(error) }))
  }
  return results
}
