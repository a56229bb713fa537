/**
 * A hint on how long a passphrase stands against guessing. It is an estimate by length and variety, which knows no dictionary: it
 * can call a weak one weak, and cannot promise that another is good.
 */

import { MIN_PASSPHRASE } from './passphrase.ts'

export type Strength = 'short' | 'weak' | 'fair' | 'good'

/** Bits that a letter adds: in text of one kind, in text that mixes kinds, among digits. */
const PLAIN = 2.5
const MIXED = 3.5
const DIGIT = 2
const FAIR = 40
const GOOD = 60

export function strengthOf(passphrase: string): Strength {
  const text = passphrase.normalize('NFKC')
  if ([...text].length < MIN_PASSPHRASE) return 'short'
  const bits = surprising(text) * perLetter(text)
  return bits < FAIR ? 'weak' : bits < GOOD ? 'fair' : 'good'
}

function perLetter(text: string): number {
  if (/^[\d\s]*$/.test(text)) return DIGIT
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d\s]/u].filter((kind) => kind.test(text)).length
  return kinds > 2 ? MIXED : PLAIN
}

/** Letters that do not follow from those before: runs (`aaaa`, `abcd`, `4321`) and what was said already add nothing. */
function surprising(text: string): number {
  const letters = [...text.toLowerCase()]
  const code = (at: number): number => letters[at]?.codePointAt(0) ?? 0
  let count = 0
  for (let at = 0; at < letters.length; at++) {
    const step = code(at) - code(at - 1)
    const isRun = at > 1 && Math.abs(step) <= 1 && step === code(at - 1) - code(at - 2)
    const isSaid = at > 2 && letters.slice(0, at).join('').includes(letters.slice(at - 2, at + 1).join(''))
    if (!isRun && !isSaid) count += 1
  }
  return count
}
