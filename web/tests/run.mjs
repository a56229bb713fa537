// `npm test`: the page's own logic, without a browser. Node reads no TypeScript, so the tests are bundled first.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const here = fileURLToPath(new URL('.', import.meta.url))
const output = mkdtempSync(join(here, '../node_modules/.tests-'))
let status = 1
try {
  const input = readdirSync(here).filter((name) => name.endsWith('.test.ts')).map((name) => join(here, name))
  const bundle = await rolldown({ input, platform: 'node', external: /^(?:node:|preact|@preact|@uppy)/, logLevel: 'warn' })
  await bundle.write({ dir: output, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' })
  const tests = readdirSync(output).filter((name) => name.endsWith('.test.mjs')).map((name) => join(output, name))
  status = spawnSync(process.execPath, ['--test', ...process.argv.slice(2), ...tests], { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(output, { recursive: true, force: true })
}
process.exit(status)
