/** What seals and opens: here, or in a worker (`worker-engine.ts`), so that a page stays quick. Callers need not know which. */

import type { Bytes } from './bytes.ts'
import { download } from './download.ts'
import { pairs } from './frame.ts'
import { ModuleInstance } from './module.ts'
import { open, type Opened, type OpenedBy } from './opening.ts'
import { SealedFile } from './sealed-file.ts'
import { storeFor, type Store } from './store.ts'

/** A sealed file as its uploader sees it. */
export type Sealed = Pick<SealedFile, 'metadata' | 'length' | 'slice' | 'close'>

/** Which key an object asks for, as stored with it: not authenticated. */
export interface Described {
  /** Whether a publisher's key opens it. */
  isPublishers: boolean
  description: Record<string, string>
}

export interface OpenRequest {
  by: OpenedBy
  url: string
  /** Bytes of the body, its tag included. */
  length: number
}

export interface Engine {
  /** 24 hexadecimal digits. */
  keyId(key: Bytes): Promise<string>
  /** Argon2id, 64 MiB, 3 passes: some hundred milliseconds. */
  deriveKey(passphrase: Bytes, salt: Bytes): Promise<Bytes>
  seal(file: Blob, key: Bytes, description: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Sealed>
  describe(envelope: Readonly<Record<string, string>>): Promise<Described>
  /** What opens one object in place of the key: 88 bytes, a secret. */
  share(envelope: Readonly<Record<string, string>>, key: Bytes): Promise<Bytes>
  open(request: OpenRequest, onProgress?: (opened: number) => void, signal?: AbortSignal): Promise<Opened>
}

/** In this thread. */
export class LocalEngine implements Engine {
  readonly #module: WebAssembly.Module
  readonly #fetch: typeof fetch | undefined
  readonly #store: (length: number) => Promise<Store>

  constructor(module: WebAssembly.Module, host: { fetch?: typeof fetch; store?: (length: number) => Promise<Store> } = {}) {
    this.#module = module
    this.#fetch = host.fetch
    this.#store = host.store ?? storeFor
  }

  async keyId(key: Bytes): Promise<string> {
    return new TextDecoder().decode((await this.#instance()).callForBytes('key_id', key))
  }

  async deriveKey(passphrase: Bytes, salt: Bytes): Promise<Bytes> {
    return (await this.#instance()).callForBytes('derive', salt, passphrase)
  }

  async seal(file: Blob, key: Bytes, description: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Sealed> {
    signal?.throwIfAborted()
    return SealedFile.begin(this.#module, file, key, description)
  }

  async describe(envelope: Readonly<Record<string, string>>): Promise<Described> {
    const described = (await this.#instance()).call('describe', pairs(envelope))
    return { isPublishers: described.u32() === 1, description: described.pairs() }
  }

  async share(envelope: Readonly<Record<string, string>>, key: Bytes): Promise<Bytes> {
    return (await this.#instance()).callForBytes('share', key, pairs(envelope))
  }

  open({ by, url, length }: OpenRequest, onProgress?: (opened: number) => void, signal?: AbortSignal): Promise<Opened> {
    const body = download({ url, length, signal, fetch: this.#fetch })
    return open(this.#module, { by, length, body, store: () => this.#store(length), onProgress })
  }

  #instance(): Promise<ModuleInstance> {
    return ModuleInstance.of(this.#module)
  }
}
