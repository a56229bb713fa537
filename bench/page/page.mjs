// Seconds of both ways, once a round, and the ratio of each round; and how soon a first visit can be worked with.

import { execFile } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MIB, scratch } from '../../tests/page/files.mjs'
import { newTab, openUpload, signIn, startUpload } from '../../tests/page/person.mjs'
import { api, startBrowser, startStack } from '../../tests/page/stack.mjs'

const [files, mebibytes, rounds] = process.argv.slice(2).map(Number)
const RESULTS = new URL('results.json', import.meta.url)
const LIMIT = 1_200_000
/** What a machine four times as slow makes of it. */
const SLOWED = 4

const folder = join(scratch, 'small')
mkdirSync(folder)
for (let at = 0; at < files; at++) writeFileSync(join(folder, `${at}.bin`), Buffer.alloc(4096, `${at} `))
const large = join(scratch, 'large.bin')
const file = openSync(large, 'w')
for (let at = 0; at < mebibytes; at++) writeSync(file, Buffer.alloc(MIB, `${at} `))
closeSync(file)

const stack = await startStack([])
const browser = await startBrowser()

async function timed(work) {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** From the press of the button to the word that all of it is stored. */
async function throughPage(round, input, chosen, count) {
  const page = await signIn(await newTab({ browser, stack }), stack)
  await openUpload(page, `page/${round}/`)
  await page.locator(input).first().setInputFiles(chosen)
  await page.getByText(`${count} file${count === 1 ? '' : 's'} selected`).waitFor({ timeout: LIMIT })
  const seconds = await timed(async () => {
    await startUpload(page)
    await page.getByText(`${count.toLocaleString('en')} file${count === 1 ? '' : 's'} uploaded.`).waitFor({ timeout: LIMIT })
  })
  await page.context().close()
  return seconds
}

const { origin } = stack.dev.credentials
const environment = {
  ...process.env, AWS_ACCESS_KEY_ID: origin.access_key_id, AWS_SECRET_ACCESS_KEY: origin.secret_access_key, AWS_SESSION_TOKEN: origin.session_token,
  AWS_DEFAULT_REGION: stack.dev.region, AWS_ENDPOINT_URL_S3: stack.dev.s3_url,
}
const aws = (...words) => timed(() => promisify(execFile)(process.env.AWS_CLI, ['s3', 'cp', '--only-show-errors', '--sse', 'aws:kms', '--sse-kms-key-id', stack.dev.key_arn, ...words], { env: environment }))

/** Milliseconds from the first byte asked for to a form that takes a token, in a new profile on a processor four times as slow. */
async function firstVisit() {
  const page = await newTab({ browser, stack })
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWED })
  await page.addInitScript(() => {
    const look = () => (document.querySelector('form input') ? requestAnimationFrame(() => setTimeout(() => { window.usable = performance.now() })) : requestAnimationFrame(look))
    look()
  })
  await page.goto(stack.page)
  await page.waitForFunction(() => window.usable)
  const usable = await page.evaluate(() => window.usable)
  await page.context().close()
  return usable
}

const times = { visits: [], small: [], large: [] }
for (let round = 0; round < rounds; round++) {
  times.visits.push(await firstVisit())
  times.small.push({
    page: await throughPage(`${round}/small`, '.uppy-Dashboard-input[webkitdirectory]', folder, files),
    aws: await aws('--recursive', folder, `s3://${stack.dev.bucket}/aws/${round}/`),
  })
  times.large.push({
    page: await throughPage(`${round}/large`, '.uppy-Dashboard-input', large, 1),
    aws: await aws(large, `s3://${stack.dev.bucket}/aws/${round}/large.bin`),
  })
  const stored = await api(stack).describe(`page/${round}/large/large.bin`)
  if (stored?.size !== mebibytes * MIB) throw new Error('the large file is not what was sent')
}
await browser.close()
await stack.stop()

const middle = (values) => values.toSorted((one, other) => one - other)[values.length >> 1]
const summary = (measured) => ({
  page_seconds: middle(measured.map(({ page }) => page)),
  aws_seconds: middle(measured.map(({ aws }) => aws)),
  page_times_aws: middle(measured.map(({ page, aws }) => page / aws)),
})
const results = { date: new Date().toISOString().slice(0, 10), node: process.version, cpus: `${cpus().length} x ${cpus()[0].model}`, chromium: browser.version(), rounds, files, mebibytes, first_visit_ms: middle(times.visits), small: summary(times.small), large: summary(times.large) }
writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
console.log(`a first visit, CPU slowed ${SLOWED} times: usable after ${results.first_visit_ms.toFixed(0)} ms`)
const line = (what, { page_seconds, aws_seconds, page_times_aws }) => `${what}: page ${page_seconds.toFixed(1)} s, aws ${aws_seconds.toFixed(1)} s, ${page_times_aws.toFixed(2)} times as long`
console.log(line(`${files} files of 4 KB`, results.small))
console.log(line(`one file of ${mebibytes} MiB`, results.large))
rmSync(scratch, { recursive: true, force: true })
