// Sites with releases for a test of the page: folders that `keyfront publish` publishes, publishers with and without a site.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { scratch } from './files.mjs'
import { keyfront } from './stack.mjs'

// What `publish` remembers of files it has read is this test's own.
process.env.XDG_CACHE_HOME = join(scratch, 'cache')

/** Arguments of a stack that serves the releases of `docs`. */
export function sitesArguments() {
  const file = join(scratch, 'sites.json')
  writeFileSync(file, JSON.stringify({ v: 1, sites: [{ path: '/docs/', release: 'docs', index: 'index.html' }] }))
  return ['--sites', file]
}

/** Publishes these files, by path, and nothing else; the id of the release. */
export function publish(stack, site, files, ...flags) {
  const folder = mkdtempSync(join(scratch, 'site-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  process.env.KEYFRONT_TOKEN = stack.token
  const { release } = JSON.parse(keyfront(stack, 'publish', folder, '--to', site, '--json', ...flags))
  delete process.env.KEYFRONT_TOKEN
  rmSync(folder, { recursive: true })
  return release
}

/** The stack as another publisher knows it: by this name, for these sites. */
export function publisher(stack, id, sites) {
  const rule = { prefix: `${id}/`, methods: ['LIST', 'HEAD', 'READ', 'PUT'], max_size: 1 << 20, content_types: ['*/*'] }
  const token = keyfront(stack, 'publisher', 'add', id, '--prefix', rule.prefix)
  const file = join(scratch, `${id}.json`)
  writeFileSync(file, JSON.stringify({ id, sites, rules: [rule] }))
  keyfront(stack, 'publisher', 'edit', id, '--file', file)
  return { ...stack, token }
}

/** Makes a release the active one, whichever is. */
export async function activate({ api, token }, site, id) {
  const response = await fetch(`${api}/releases/${site}/${id}/activate`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{}' })
  if (!response.ok) throw new Error(await response.text())
}

/**
 * A release of so many files that were announced and not sent: its manifest alone is there. Canonical JSON, members in the order of
 * their names.
 */
export async function announce({ api, token }, site, count) {
  const digest = (text) => createHash('sha256').update(text).digest('hex')
  const files = Array.from({ length: count }, (_, at) => ({ cache: 'no-cache', path: `pages/${String(at).padStart(5, '0')}.html`, sha256: digest(`${at}`), size: at, type: 'text/html; charset=utf-8' }))
  const manifest = Buffer.from(JSON.stringify({ encoded: '', files, site, v: 1 }))
  const id = digest(manifest)
  const begun = await fetch(`${api}/releases/${site}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ id, size: manifest.length }) })
  if (!begun.ok) throw new Error(await begun.text())
  const { manifest: { url, headers } } = await begun.json()
  const stored = await fetch(url, { method: 'PUT', headers, body: manifest })
  if (!stored.ok) throw new Error(await stored.text())
  return id
}
