/** The browser's AES (WebCrypto), under the content key of one file. It encrypts and hashes what it is given; the module says how. */

import type { Bytes } from './bytes.ts'

/** Bytes of a segment: one call each. Shorter ones cost more calls, longer ones more memory and no time. */
export const SEGMENT = 1 << 20
export const TAG = 16

export interface EncryptedSegment {
  ciphertext: Bytes
  tag: Bytes
}

export class HostCipher {
  readonly #gcm: CryptoKey
  readonly #ctr: CryptoKey | null

  private constructor(gcm: CryptoKey, ctr: CryptoKey | null) {
    this.#gcm = gcm
    this.#ctr = ctr
  }

  /** Takes the key over: the browser keeps it where scripts cannot read it, and the bytes are wiped. */
  static async sealing(key: Bytes): Promise<HostCipher> {
    try {
      return new HostCipher(await imported(key, 'AES-GCM'), null)
    } finally {
      key.fill(0)
    }
  }

  static async opening(key: Bytes): Promise<HostCipher> {
    try {
      return new HostCipher(await imported(key, 'AES-GCM'), await imported(key, 'AES-CTR'))
    } finally {
      key.fill(0)
    }
  }

  /** With the vector that the module made for this segment. The tag is for the module alone: it must not be sent. */
  async encrypt(iv: Bytes, segment: BufferSource): Promise<EncryptedSegment> {
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 8 * TAG }, this.#gcm, segment)
    const end = sealed.byteLength - TAG
    return { ciphertext: new Uint8Array(sealed, 0, end), tag: new Uint8Array(sealed, end) }
  }

  /** The tag over a segment of ciphertext as associated data, for the module alone. */
  async tagOf(nonce: Bytes, segment: Bytes): Promise<Bytes> {
    const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: segment, tagLength: 8 * TAG }
    return new Uint8Array(await crypto.subtle.encrypt(algorithm, this.#gcm, new Uint8Array(0)))
  }

  /** Decrypts from a counter block on. Nothing is authenticated by it. */
  async decrypt(counter: Bytes, segment: Bytes): Promise<Bytes> {
    if (!this.#ctr) throw new TypeError('this key is for sealing')
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CTR', counter, length: 32 }, this.#ctr, segment))
  }
}

function imported(key: Bytes, algorithm: 'AES-GCM' | 'AES-CTR'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', key, algorithm, false, algorithm === 'AES-CTR' ? ['decrypt'] : ['encrypt'])
}
