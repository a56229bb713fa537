// Logs in as a person would: `node login.mjs` with `{protected, denied, logout, subject}` on standard input, URLs of a stack with
// logins. Prints what became of it as JSON.

import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const { protected: target, denied, logout, subject } = JSON.parse(readFileSync(0, 'utf8'))
const TIMEOUT = 15_000
/** For a page that would go round in a circle to do so. */
const SETTLED = 3_000

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const context = await browser.newContext({ ignoreHTTPSErrors: true })
const page = await context.newPage()
const seen = { violations: [], loginRequests: 0 }
page.on('console', (message) => { if (message.type() === 'error' && message.text().includes('Content Security')) seen.violations.push(message.text()) })
page.on('request', (request) => { seen.loginRequests += request.url().includes('/_viewer/login?') ? 1 : 0 })

try {
  await page.goto(target, { timeout: TIMEOUT })
  await page.fill('#subject', subject, { timeout: TIMEOUT })
  await page.click('button')
  await page.waitForURL(target, { timeout: TIMEOUT })
  await page.waitForLoadState()
  seen.read = await page.textContent('body')
  seen.scriptsSeeCookies = await page.evaluate(() => document.cookie)

  // Logged in, and not let in there: the login is tried once, silently, and then it is said.
  seen.loginRequests = 0
  await page.goto(denied, { timeout: TIMEOUT })
  await page.waitForURL(denied, { timeout: TIMEOUT })
  await page.waitForTimeout(SETTLED)
  seen.deniedLogins = seen.loginRequests
  seen.denied = await page.textContent('body')

  await page.goto(logout, { timeout: TIMEOUT })
  await page.waitForLoadState()
  seen.loggedOut = await page.textContent('body')
  const answer = await context.request.get(target)
  seen.afterLogout = answer.status()
} catch (error) {
  seen.failed = `${error} at ${page.url()}: ${await page.content()}`
}
await browser.close()
console.log(JSON.stringify(seen))
