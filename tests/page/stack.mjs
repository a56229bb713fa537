// A dev stack and a browser for one test file: `keyfront dev` with free ports and a state folder of its own, and Chromium.
// What is missing makes the tests show as skipped, with the reason.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe } from 'node:test'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BINARY = process.env.KEYFRONT_BIN ?? join(ROOT, 'target/debug/keyfront')
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr'
const SCREENSHOTS = process.env.KEYFRONT_SCREENSHOTS
/** A built page to try in place of the one inside the binary, so that a change needs no Rust. */
const PAGE_FOLDER = process.env.KEYFRONT_PAGE_FOLDER
/** A document that a test answers is of no network to Chromium, which then keeps it from this machine's own addresses. */
const REPLACED = PAGE_FOLDER ? ['--disable-features=LocalNetworkAccessChecks'] : []
const READY_TIMEOUT = 60_000
const POLL_INTERVAL = 50

/** Longer tests run only where they are asked for. */
export const isExam = process.env.KEYFRONT_EXAM === '1'

/** Why nothing can be tried here, or false. */
function missing(browser) {
  if (browser === 'chromium' && !existsSync(CHROMIUM)) return `no Chromium at ${CHROMIUM}: apt-get install chromium`
  if (browser === 'firefox' && !existsSync(FIREFOX)) return `no Firefox at ${FIREFOX}: apt-get install firefox-esr`
  if (!existsSync(BINARY)) return `no ${BINARY}: make build-dev, or set KEYFRONT_BIN`
  if (!existsSync(fileURLToPath(new URL('node_modules/playwright-core', import.meta.url)))) return 'no playwright-core: npm ci --prefix tests/page'
  return false
}

export async function startStack(arguments_) {
  const state = mkdtempSync(join(tmpdir(), 'keyfront-page-'))
  const ready = join(state, 'ready.json')
  const ports = ['cdn', 'publish', 'preview', 's3', 'kms', 'sts', 'cloudfront', 'issuer'].flatMap((name) => [`--${name}-port`, '0'])
  const extra = process.env.KEYFRONT_DEV_ARGS?.split(' ') ?? []
  const child = spawn(BINARY, ['dev', '--state', state, '--ready-file', ready, '--quiet', '--edge', 'native', ...ports, ...arguments_, ...extra], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  child.stderr.on('data', (text) => { printed = (printed + text).slice(-4000) })
  const ended = new Promise((resolve) => { child.once('exit', resolve) })
  const deadline = Date.now() + READY_TIMEOUT
  while (!existsSync(ready)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`keyfront dev did not start: ${printed}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL))
  }
  const dev = JSON.parse(readFileSync(ready, 'utf8'))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(state, { recursive: true, force: true })
  }
  return { page: dev.page_url, api: dev.publish_url, token: dev.publisher_token, dev, devJson: join(state, 'dev.json'), stop }
}

/** Chromium with a camera that shows a test picture, or a Firefox. */
export async function startBrowser(name = 'chromium') {
  const playwright = await import('playwright-core')
  if (name === 'firefox') return withoutMedia(await playwright.firefox.launch({ channel: 'moz-firefox', executablePath: FIREFOX }))
  return playwright.chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', ...REPLACED] })
}

/** The one command of WebDriver BiDi that Playwright cannot do without, and Firefox 153 does not know: it sets the colour scheme. */
function withoutMedia(browser) {
  const session = browser._connection.toImpl(browser)._browserSession
  const prototype = Object.getPrototypeOf(session)
  const { send } = prototype
  prototype.send = function (command, ...rest) { return command === 'emulation.setMediaFeaturesOverride' ? Promise.resolve({}) : send.call(this, command, ...rest) }
  return browser
}

/** `keyfront` with these words for a stack; what it prints. */
export function keyfront({ devJson }, ...words) {
  return execFileSync(BINARY, [...words, '--dev', devJson], { cwd: ROOT, encoding: 'utf8' }).trim()
}

/**
 * `name`d tests that share one stack and one browser. `define` gets both. `options.args` are further ones of `keyfront dev`, `options.prepare`
 * is called with the stack before anybody else calls it, and `options.skip` may have a reason of its own.
 */
export function suite(name, define, { args = [], prepare, browser = 'chromium', skip: own = false } = {}) {
  const lacking = missing(browser)
  if (lacking && isExam) throw new Error(`the exam tries everything, and there is ${lacking}`)
  describe(name, { skip: lacking || own, concurrency: false }, () => {
    const shared = {}
    before(async () => {
      shared.stack = await startStack(args)
      await prepare?.(shared)
      shared.browser = await startBrowser(browser)
    }, { timeout: READY_TIMEOUT + 30_000 })
    after(async () => {
      await shared.browser?.close()
      shared.issuer?.kill()
      await shared.stack?.stop()
    })
    define(shared)
  })
}

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', wasm: 'application/wasm' }

/** The files of `KEYFRONT_PAGE_FOLDER` under the headers of the stack, its policy (CSP) above all. */
export async function replacePage(context, { page }) {
  if (!PAGE_FOLDER) return
  await context.route((url) => url.href.startsWith(page), async (route) => {
    const { pathname } = new URL(route.request().url())
    const name = { '/': 'index.html', '/open': 'open.html' }[pathname] ?? pathname.slice(1)
    const file = join(PAGE_FOLDER, name)
    // A redirect that Playwright follows for the browser loses its `Origin`; one that the browser is answered keeps it.
    if (name.endsWith('/manifest')) return route.fulfill({ response: await route.fetch({ maxRedirects: 0 }) })
    if (!/^(?:index|open)\.html$|^page\/[^/]+\.\w+$/.test(name) || !existsSync(file)) return route.fallback()
    const headers = name.endsWith('.html') ? (await route.fetch()).headers() : {}
    delete headers['content-encoding']
    delete headers['content-length']
    return route.fulfill({ headers: { ...headers, 'content-type': TYPES[name.split('.').pop()] ?? 'application/octet-stream' }, body: readFileSync(file) })
  })
}

/** A picture of a main state, where somebody asked for pictures. */
export async function picture(page, name) {
  if (!SCREENSHOTS) return
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/** The publishers' API as a program calls it, to prepare and to look at what a page did. */
export function api({ api: base, token }) {
  const call = (path, options = {}) => fetch(`${base}${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } })
  const keyPath = (key) => key.split('/').map(encodeURIComponent).join('/')
  const ok = async (response) => {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return response.json()
  }
  return {
    put: async (key, body, type = 'text/plain', query = '', headers = {}) => ok(await call(`/objects/${keyPath(key)}${query}`, { method: 'PUT', body, headers: { 'content-type': type, ...headers } })),
    remove: async (key) => ok(await call(`/objects/${keyPath(key)}`, { method: 'DELETE' })),
    describe: async (key) => {
      const response = await call(`/objects/${keyPath(key)}`)
      return response.status === 404 ? null : ok(response)
    },
    keys: async (prefix) => (await ok(await call(`/objects?limit=1000&prefix=${encodeURIComponent(prefix)}`))).objects.map(({ key }) => key),
    content: async (key) => {
      const { url } = await ok(await call('/shares', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key, via: 's3' }) }))
      return Buffer.from(await (await fetch(url)).arrayBuffer())
    },
  }
}

