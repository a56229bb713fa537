// Files on this machine that a test uploads. They are gone when it ends.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const MIB = 1 << 20
export const scratch = mkdtempSync(join(tmpdir(), 'keyfront-files-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** A file on disk whose bytes say where they are. */
export function large(name, mebibytes) {
  const path = join(scratch, name)
  const file = openSync(path, 'w')
  for (let at = 0; at < mebibytes; at++) writeSync(file, Buffer.alloc(MIB, `${at} of ${name}\n`))
  closeSync(file)
  return path
}
