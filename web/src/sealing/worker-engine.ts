/** An engine in a worker of its own, which is started with the first call. */

import type { Bytes } from './bytes.ts'
import type { Described, Engine, OpenRequest, Sealed } from './engine.ts'
import { SealingError } from './error.ts'
import type { Opened } from './opening.ts'
import type { Calls, FromWorker, Method, OpenedHandle, SealedHandle, ToWorker } from './worker-calls.ts'

interface Pending {
  resolve: (result: never) => void
  reject: (error: unknown) => void
  onProgress: ((progress: number) => void) | undefined
}

export class WorkerEngine implements Engine {
  readonly #start: () => Worker
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | null = null
  #calls = 0

  constructor(start: () => Worker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'keyfront-sealing' })) {
    this.#start = start
  }

  keyId(key: Bytes): Promise<string> {
    return this.#call('keyId', [key])
  }

  deriveKey(passphrase: Bytes, salt: Bytes): Promise<Bytes> {
    return this.#call('deriveKey', [passphrase, salt])
  }

  async seal(file: Blob, key: Bytes, description: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Sealed> {
    const { handle, metadata, length } = await this.#call<SealedHandle>('seal', [file, key, description], { signal })
    return {
      metadata,
      length,
      slice: (start, end) => this.#call('slice', [handle, start, end]),
      close: () => void this.#call('close', [handle]).catch(() => {}),
    }
  }

  describe(envelope: Readonly<Record<string, string>>): Promise<Described> {
    return this.#call('describe', [envelope])
  }

  share(envelope: Readonly<Record<string, string>>, key: Bytes): Promise<Bytes> {
    return this.#call('share', [envelope, key])
  }

  async open(request: OpenRequest, onProgress?: (opened: number) => void, signal?: AbortSignal): Promise<Opened> {
    // The worker's own base is not the document's.
    const url = new URL(request.url, document.baseURI).href
    const { handle, content } = await this.#call<OpenedHandle>('open', [{ ...request, url }], { signal, onProgress })
    return { content, discard: () => this.#call('discard', [handle]) }
  }

  #call<T>(method: Method, given: Calls[Method], { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: ((progress: number) => void) | undefined } = {}): Promise<T> {
    const call = ++this.#calls
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const worker = this.#running()
      const abort = (): void => { worker.postMessage({ abort: call } satisfies ToWorker) }
      const settled = <A>(settle: (value: A) => void) => (value: A): void => {
        signal?.removeEventListener('abort', abort)
        settle(signal?.aborted && settle === (reject as unknown) ? (signal.reason as A) : value)
      }
      this.#pending.set(call, { resolve: settled(resolve), reject: settled(reject), onProgress })
      signal?.addEventListener('abort', abort, { once: true })
      worker.postMessage({ call, method, arguments: given } satisfies ToWorker)
    })
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const worker = this.#start()
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#received(data)
    worker.onerror = ({ message }) => this.#failed(worker, message)
    return this.#worker = worker
  }

  #received(message: FromWorker): void {
    const pending = this.#pending.get(message.call)
    if ('progress' in message) return pending?.onProgress?.(message.progress)
    this.#pending.delete(message.call)
    if ('result' in message) pending?.resolve(message.result as never)
    else if (message.failure.code === 'aborted') pending?.reject(new DOMException('aborted', 'AbortError'))
    else pending?.reject(new SealingError(message.failure.code, message.failure.message))
  }

  /** A worker that broke takes with it the data keys it held: whatever it was at fails, and the next call starts another. */
  #failed(worker: Worker, message: string): void {
    worker.terminate()
    this.#worker = null
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(new SealingError('internal', `the sealing worker failed: ${message}`))
  }
}
