// What a page of another origin can do, in Chromium: `node upload.mjs`. Prints a line with the origin it serves the page on;
// reads from standard input where the publishers' APIs are, `{apis: {NAME: URL}, token}`; then prints a JSON line that says for
// `listed`, that origin, and for `other`, the same page on another one, what became of every attempt with each API.

import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const entry = new URL('page.mjs', import.meta.url).pathname
const bundled = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false, logLevel: 'warning' })
const script = bundled.outputFiles[0].text
const page = '<!DOCTYPE html><title>a page of another origin</title><script type="module" src="/page.js"></script>'

const server = createServer((request, response) => {
  const isScript = request.url === '/page.js'
  response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? script : page)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address()
const origins = { listed: `http://localhost:${port}`, other: `http://127.0.0.1:${port}` }
console.log(origins.listed)

const { apis, token } = JSON.parse(await text(process.stdin))
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const results = {}
for (const [name, origin] of Object.entries(origins)) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const tab = await context.newPage()
  await tab.goto(origin, { waitUntil: 'load' })
  await tab.waitForFunction('window.attempts')
  results[name] = {}
  for (const [way, api] of Object.entries(apis)) {
    const folder = `page/${name}-${way}`
    results[name][way] = await tab.evaluate((config) => window.attempts(config), { api, token, folder })
  }
  await context.close()
}
await browser.close()
server.close()
console.log(JSON.stringify(results))
