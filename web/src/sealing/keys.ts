/**
 * A publisher's own key: 32 bytes under which the data keys of files are wrapped. Generated, shown once and saved as a file; or
 * derived from a passphrase. Whoever loses it loses the files.
 *
 * It is kept in memory, as long as somebody holds the object. Nothing here writes it anywhere.
 */

import { fromBase64Url, toBase64Url, type Bytes } from './bytes.ts'
import type { Engine } from './engine.ts'
import { SealingError } from './error.ts'

/** Names of a description's entries, which are stored in the clear with every file (`x-amz-m`). */
const ID = 'keyfront-key'
const KDF = 'keyfront-kdf'
const SALT = 'keyfront-salt'
/** Argon2id version 0x13, KiB, passes, lanes: what `web/module` does. Another value is another derivation, and refused. */
const ARGON2ID = 'argon2id-19-65536-3-1'
const KEY_LENGTH = 32
const SALT_LENGTH = 16
/** Letters of a passphrase, at least. It can be guessed at by whoever has one sealed file. */
export const MIN_PASSPHRASE = 12
const FILE_TYPE = 'keyfront-publisher-key'

/** What a sealed object says of its key. Not authenticated: it only helps to find the key. */
export interface KeyDescription {
  /** 24 hexadecimal digits. */
  id: string
  /** For a key that a passphrase becomes: the salt it is derived with. */
  salt: Bytes | null
}

export class PublisherKey {
  readonly id: string
  readonly #key: Bytes
  readonly #salt: Bytes | null
  #isWiped = false

  private constructor(id: string, key: Bytes, salt: Bytes | null) {
    this.id = id
    this.#key = key
    this.#salt = salt
  }

  /** A new key, of the browser's cryptographic random generator. */
  static generate(engine: Engine): Promise<PublisherKey> {
    return PublisherKey.#of(engine, crypto.getRandomValues(new Uint8Array(KEY_LENGTH)), null)
  }

  /**
   * The key that a passphrase becomes. The same passphrase is the same key only with the same salt: take it from the description
   * of a file sealed before, or from where {@link description} was kept. Without one this is a new key.
   *
   * @throws {SealingError} `passphrase-short`, `memory`.
   */
  static async fromPassphrase(engine: Engine, passphrase: string, salt: Bytes = crypto.getRandomValues(new Uint8Array(SALT_LENGTH))): Promise<PublisherKey> {
    // As it is typed on another keyboard or system.
    const normalised = passphrase.normalize('NFKC')
    if ([...normalised].length < MIN_PASSPHRASE) throw new SealingError('passphrase-short', `a passphrase has at least ${MIN_PASSPHRASE} letters`)
    const bytes = new TextEncoder().encode(normalised)
    try {
      return await PublisherKey.#of(engine, await engine.deriveKey(bytes, salt), salt)
    } finally {
      bytes.fill(0)
    }
  }

  /**
   * The key that {@link toFileText} wrote.
   *
   * @throws {SealingError} `key-invalid`, also if a letter was lost.
   */
  static async fromFileText(engine: Engine, text: string): Promise<PublisherKey> {
    const file = parsed(text)
    const key = typeof file?.key === 'string' ? fromBase64Url(file.key) : null
    if (file?.type !== FILE_TYPE || key?.length !== KEY_LENGTH) throw new SealingError('key-invalid', 'this is no key file')
    const salt = typeof file.salt === 'string' ? fromBase64Url(file.salt) : null
    const read = await PublisherKey.#of(engine, key, salt?.length === SALT_LENGTH ? salt : null)
    if (read.id === file.id) return read
    read.wipe()
    throw new SealingError('key-invalid', 'the key file was altered: its key has another id')
  }

  static async #of(engine: Engine, key: Bytes, salt: Bytes | null): Promise<PublisherKey> {
    return new PublisherKey(await engine.keyId(key), key, salt)
  }

  /** What is stored with every file that is sealed with this key: public, and enough to ask for the right key. */
  get description(): Record<string, string> {
    return { [ID]: this.id, ...(this.#salt ? { [KDF]: ARGON2ID, [SALT]: toBase64Url(this.#salt) } : {}) }
  }

  /** Whether an object asks for this key. */
  fits(description: KeyDescription): boolean {
    return description.id === this.id
  }

  /** The text of a key file: a secret. Its key is base64url of the 32 bytes that Amazon's clients take as a raw AES key. */
  toFileText(): string {
    this.#assertHeld()
    const file = { type: FILE_TYPE, version: 1, id: this.id, key: toBase64Url(this.#key), ...(this.#salt ? { salt: toBase64Url(this.#salt) } : {}) }
    return `${JSON.stringify(file, null, 2)}\n`
  }

  /** What to call a key file. */
  get fileName(): string {
    return `keyfront-key-${this.id.slice(0, 8)}.json`
  }

  /** Runs with a copy of the key, which is wiped afterwards. */
  async exposed<T>(use: (key: Bytes) => Promise<T>): Promise<T> {
    this.#assertHeld()
    const copy = this.#key.slice()
    try {
      return await use(copy)
    } finally {
      copy.fill(0)
    }
  }

  /** Overwrites the key. The browser may still have copies of its own. */
  wipe(): void {
    this.#key.fill(0)
    this.#isWiped = true
  }

  toJSON(): { id: string } {
    return { id: this.id }
  }

  #assertHeld(): void {
    if (this.#isWiped) throw new SealingError('key-invalid', 'the key was forgotten')
  }
}

/**
 * Which key opens an object, by its envelope's metadata.
 *
 * @throws {SealingError} `not-sealed`, `envelope-invalid`; `unsupported` for an envelope of another's, or a derivation that is not
 * known here.
 */
export async function keyAskedFor(engine: Engine, envelope: Readonly<Record<string, string>>): Promise<KeyDescription> {
  const { isPublishers, description } = await engine.describe(envelope)
  if (!isPublishers) throw new SealingError('unsupported', 'the file was sealed with a key of KMS')
  const derivation = description[KDF]
  if (derivation === undefined) return { id: description[ID] ?? '', salt: null }
  const salt = fromBase64Url(description[SALT] ?? '')
  if (derivation !== ARGON2ID || salt?.length !== SALT_LENGTH) throw new SealingError('unsupported', 'the key is derived in a way this page does not know')
  return { id: description[ID] ?? '', salt }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
