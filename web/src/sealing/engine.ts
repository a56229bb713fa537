/** What seals and opens: here, or in a worker (`worker-engine.ts`), so that a page stays quick. Callers need not know which. */

import type { Bytes } from './bytes.ts'
import { download, type Download } from './download.ts'
import { pairs } from './frame.ts'
import { assertHostSeals } from './host-check.ts'
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

/** What tests put in the place of the browser's own. */
export interface Host extends Pick<Download, 'fetch' | 'wait'> {
  store?: (length: number) => Promise<Store>
}

/** In this thread. */
export class LocalEngine implements Engine {
  readonly #module: WebAssembly.Module
  readonly #host: Host
  #checked: Promise<void> | null = null

  constructor(module: WebAssembly.Module, host: Host = {}) {
    this.#module = module
    this.#host = host
  }

  async keyId(key: Bytes): Promise<string> {
    return new TextDecoder().decode((await this.#instance()).callForBytes('key_id', key))
  }

  async deriveKey(passphrase: Bytes, salt: Bytes): Promise<Bytes> {
    return (await this.#instance()).callForBytes('derive', salt, passphrase)
  }

  async seal(file: Blob, key: Bytes, description: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Sealed> {
    await (this.#checked ??= assertHostSeals(this.#module))
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
    const { fetch, wait, store = storeFor } = this.#host
    const body = download({ url, length, signal, fetch, wait })
    return open(this.#module, { by, length, body, store: () => store(length), onProgress })
  }

  #instance(): Promise<ModuleInstance> {
    return ModuleInstance.of(this.#module)
  }
}
