/**
 * Share links: `open#v1.` and, in base64url, all that opens one file. It stands behind `#`, which browsers send to nobody.
 *
 * ```text
 * 0x73        u8       the algorithm suite, low byte of its id 0x0073: V3 of the S3 Encryption Client
 * share       88       data key (32), message id (28), commitment (28); the nonce is the suite's
 * length      u64      bytes of plaintext
 * name        u16 n, n bytes of UTF-8
 * url         the rest but 8 bytes, UTF-8: where the ciphertext is
 * check       8        first bytes of SHA-256 of all before: a link that was cut or mistyped is noticed
 * ```
 *
 * Integers are big-endian. The check is no protection against whoever makes links: name and address are theirs to choose.
 */

import { concatenated, fromBase64Url, toBase64Url, type Bytes } from './bytes.ts'
import { SealingError } from './error.ts'

const VERSION = 'v1.'
const SUITE = 0x73
const SHARE = 88
const CHECK = 8
const HEAD = 1 + SHARE + 8 + 2
const MAX_LENGTH = 2 ** 36 - 32
/** Letters of a fragment; browsers take more. */
const MAX_FRAGMENT = 16_384
const MAX_NAME = 1024

export interface SharedFile {
  /** Where the ciphertext is, for whoever has the address. */
  url: string
  /** A secret: what `Engine.share` made. */
  share: Bytes
  /** Bytes of plaintext. */
  length: number
  /** What to call it. Not authenticated. */
  name: string
}

/**
 * The link, relative to the publishers' page: `open#v1.…`
 *
 * @throws {SealingError} `link-invalid` for an address that nobody may open, or all too long a name.
 */
export async function linkTo({ url, share, length, name }: SharedFile, page: string | URL): Promise<string> {
  const [nameBytes, urlBytes] = [name, new URL(url).href].map((text) => new TextEncoder().encode(text)) as [Bytes, Bytes]
  if (!isAllowed(url) || nameBytes.length > MAX_NAME || share.length !== SHARE) throw new SealingError('link-invalid', 'there can be no link to this file')
  const head = new Uint8Array(HEAD)
  const numbers = new DataView(head.buffer)
  head[0] = SUITE
  head.set(share, 1)
  numbers.setBigUint64(1 + SHARE, BigInt(length))
  numbers.setUint16(HEAD - 2, nameBytes.length)
  const body = concatenated(head, nameBytes, urlBytes)
  const fragment = VERSION + toBase64Url(concatenated(body, await checkOf(body)))
  if (fragment.length > MAX_FRAGMENT) throw new SealingError('link-invalid', 'the link would be too long')
  const link = new URL('open', page)
  link.hash = fragment
  return link.href
}

/**
 * Takes a link's fragment apart, with or without `#`.
 *
 * @throws {SealingError} `link-invalid`.
 */
export async function readLink(fragment: string): Promise<SharedFile> {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment
  const whole = text.startsWith(VERSION) && text.length <= MAX_FRAGMENT ? fromBase64Url(text.slice(VERSION.length)) : null
  if (!whole || whole.length < HEAD + CHECK) throw invalid()
  const [body, check] = [whole.subarray(0, -CHECK), whole.subarray(-CHECK)]
  if ((await checkOf(body)).some((byte, index) => byte !== check[index])) throw invalid()
  const numbers = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const length = Number(numbers.getBigUint64(1 + SHARE))
  const nameEnd = HEAD + numbers.getUint16(HEAD - 2)
  if (body[0] !== SUITE || length > MAX_LENGTH || nameEnd > body.length) throw invalid()
  const [name, url] = [body.subarray(HEAD, nameEnd), body.subarray(nameEnd)].map(decoded)
  if (name === undefined || url === undefined || !isAllowed(url)) throw invalid()
  return { url, name, length, share: body.slice(1, 1 + SHARE) }
}

/** HTTPS, or plain HTTP on this machine; never with a name and password in it. */
function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isLocal = protocol === 'http:' && /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  return (protocol === 'https:' || isLocal) && username === '' && password === ''
}

async function checkOf(body: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', body)).subarray(0, CHECK)
}

function decoded(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const invalid = (): SealingError => new SealingError('link-invalid', 'this is no link to a file, or a part of it is missing')
