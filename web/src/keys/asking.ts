/** Asking the person for a key, one question at a time. */

import { signal } from '@preact/signals'
import { Problem } from '../api/problem.ts'
import type { KeyDescription, PublisherKey } from '../sealing/keys.ts'
import { heldFor, hold, sealingKey, sealWith } from './keyring.ts'

export interface KeyQuestion {
  /** The key that a sealed file asks for; `null` where one is chosen to seal with. */
  wanted: KeyDescription | null
  /** With a key, which is taken over, or `null` where the person does not give one. */
  answer: (key: PublisherKey | null) => void
}

export const question = signal<KeyQuestion | null>(null)

const open = new Map<string, Promise<PublisherKey | null>>()
let last: Promise<unknown> = Promise.resolve()

/** Asks. Whoever asks for the same key meanwhile waits for the same answer. */
function ask(wanted: KeyDescription | null): Promise<PublisherKey | null> {
  const name = wanted === null ? 'sealing' : `opening ${wanted.id}`
  const asked = open.get(name)
  if (asked) return asked
  const asking = last.then(() => new Promise<PublisherKey | null>((resolve) => {
    let isAnswered = false
    question.value = {
      wanted,
      answer: (key) => {
        // A key that comes after the dialog was closed is nobody's.
        if (isAnswered) return key?.wipe()
        isAnswered = true
        question.value = null
        resolve(key)
      },
    }
  })).finally(() => open.delete(name))
  open.set(name, asking)
  last = asking
  return asking
}

/** The key to seal with, which the person chooses now. `null` where they do not. */
export async function chooseSealingKey(): Promise<PublisherKey | null> {
  const key = await ask(null)
  if (key) sealWith(key)
  return sealingKey.peek()
}

/** The key to seal with; asked for where none is chosen. @throws {Problem} `key-needed`. */
export async function keyToSeal(): Promise<PublisherKey> {
  const key = sealingKey.peek() ?? await chooseSealingKey()
  if (key === null) throw keyNeeded()
  return key
}

/** The key that opens an object; asked for where this tab has none or another. @throws {Problem} `key-needed`. */
export async function keyToOpen(wanted: KeyDescription): Promise<PublisherKey> {
  const held = heldFor(wanted)
  if (held) return held
  const key = await ask(wanted)
  if (key === null) throw keyNeeded()
  return hold(key)
}

const keyNeeded = (): Problem => new Problem(0, 'key-needed', 'the key of the file is needed', null, null)
