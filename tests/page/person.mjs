// What a person does on the page, in the words on it.

import assert from 'node:assert/strict'
import { replacePage } from './stack.mjs'

const TIMEOUT = 15_000

/** A tab of its own. Whatever the page logs as an error, or its policy (CSP) refuses, is collected. */
export async function newTab({ browser, stack }, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...options })
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {})
  await replacePage(context, stack)
  const page = await context.newPage()
  return watched(page)
}

export function watched(page) {
  page.setDefaultTimeout(TIMEOUT)
  page.refused = []
  page.failures = []
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    if (/Content Security Policy/.test(message.text())) page.refused.push(message.text())
  })
  page.on('pageerror', (error) => page.failures.push(String(error)))
  return page
}

/** Nothing was refused by the policy, and no script failed. */
export function assertCalm(page) {
  assert.deepEqual(page.refused, [], 'the policy (CSP) refused something')
  assert.deepEqual(page.failures, [], 'a script failed')
}

export async function signIn(page, { page: url, token }, { hash = '', remember = false } = {}) {
  await page.goto(url + hash)
  await page.getByLabel('Access token', { exact: true }).fill(token)
  if (remember) await page.getByLabel('Keep me signed in').check()
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Sections' }).waitFor()
  return page
}

export async function signedIn(shared, options = {}) {
  const page = await newTab(shared, options.context)
  return signIn(page, shared.stack, options)
}

/** Opens the panel, with a folder to go to. */
export async function openUpload(page, folder) {
  await page.getByRole('button', { name: 'Upload', exact: true }).click()
  const field = page.getByLabel('To folder')
  // Firefox takes only what was typed for a change.
  const isTyped = page.context().browser()?.browserType().name() === 'firefox'
  await field.fill(isTyped ? '' : folder)
  if (isTyped) await field.pressSequentially(folder)
  await field.press('Tab')
}

/** Chooses files: paths, or `{name, mimeType, buffer}`. */
export async function choose(page, files) {
  await page.locator('.uppy-Dashboard-input').first().setInputFiles(files)
}

export const text = (name, content, mimeType = 'text/plain') => ({ name, mimeType, buffer: Buffer.from(content) })

export async function startUpload(page) {
  await page.locator('.uppy-StatusBar-actionBtn--upload').click()
}

/** Until the page says that so many files were uploaded. */
export async function uploaded(page, count, timeout = TIMEOUT) {
  await page.getByText(count === 1 ? '1 file uploaded.' : `${count} files uploaded.`).waitFor({ timeout })
}

export async function upload(page, folder, files) {
  await openUpload(page, folder)
  await choose(page, files)
  await startUpload(page)
}

export const openFolder = (page, folder) => page.evaluate((hash) => { location.hash = hash }, `#/files/${folder.split('/').map(encodeURIComponent).join('/')}`)

/** A file of the gallery, by the name people see. */
export const item = (page, name) => page.locator('.tile .open, .row .open').filter({ has: page.locator('.name').getByText(name, { exact: true }) })
