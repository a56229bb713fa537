// Opens each URL of a JSON list (standard input) as a page of its own in Chromium: `node open.mjs`. Prints a JSON list that
// says of each what became of it: `{ran, downloaded, status}`. A document "runs" if its script asked for a path with `?ran`.

import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const urls = JSON.parse(readFileSync(0, 'utf8'))
/** For a script to run after the document is there. */
const SETTLED = 150
const PAGES = 4

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const context = await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true })
const results = new Array(urls.length)

async function open(url) {
  const page = await context.newPage()
  const seen = { ran: false, downloaded: false, status: 0 }
  page.on('request', (request) => { seen.ran ||= request.url().includes('?ran') })
  page.on('download', (download) => { seen.downloaded = true; download.cancel().catch(() => {}) })
  const answer = await page.goto(url, { waitUntil: 'load', timeout: 10_000 }).catch(() => null)
  seen.status = answer?.status() ?? 0
  await page.waitForTimeout(SETTLED)
  await page.close()
  return seen
}

let next = 0
await Promise.all(Array.from({ length: PAGES }, async () => {
  while (next < urls.length) {
    const at = next++
    results[at] = await open(urls[at])
  }
}))
await browser.close()
console.log(JSON.stringify(results))
