/** The worker: an engine behind messages. It holds the data keys of files on their way, and writes files that are opened. */

import type { Bytes } from './bytes.ts'
import { LocalEngine, type Engine, type Sealed } from './engine.ts'
import { SealingError } from './error.ts'
import { loadModule } from './module.ts'
import type { Opened } from './opening.ts'
import type { Calls, FromWorker, Method, OpenedHandle, SealedHandle, ToWorker } from './worker-calls.ts'

/** The worker's global, of which the page's types know nothing. */
interface Scope {
  postMessage(message: FromWorker): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
}

const scope = globalThis as unknown as Scope
let loading: Promise<Engine> | null = null
// Each call reports a failure; until one is made nobody listens.
engine().catch(() => {})
const sealed = new Map<number, Sealed>()
const opened = new Map<number, Opened>()
const aborts = new Map<number, AbortController>()
let handles = 0

/** Where it could not be loaded, the next call tries again. */
function engine(): Promise<Engine> {
  loading ??= loadModule().then((module) => new LocalEngine(module)).catch((error: unknown) => {
    loading = null
    throw error
  })
  return loading
}

scope.onmessage = ({ data }) => {
  if ('abort' in data) aborts.get(data.abort)?.abort()
  else void answer(data)
}

async function answer({ call, method, arguments: given }: Extract<ToWorker, { call: number }>): Promise<void> {
  const abort = new AbortController()
  aborts.set(call, abort)
  try {
    const answering = METHODS[method] as Answer<Method>
    const result = await answering(await engine(), given, abort.signal, (progress) => scope.postMessage({ call, progress }))
    scope.postMessage({ call, result })
  } catch (error) {
    scope.postMessage({ call, failure: failure(error, abort.signal) })
  } finally {
    aborts.delete(call)
    // Keys came as copies.
    for (const argument of given) wipe(argument)
  }
}

type Answer<M extends Method> = (engine: Engine, given: Calls[M], signal: AbortSignal, onProgress: (progress: number) => void) => Promise<unknown>

const METHODS: { [M in Method]: Answer<M> } = {
  keyId: (engine, [key]) => engine.keyId(key),
  deriveKey: (engine, [passphrase, salt]) => engine.deriveKey(passphrase, salt),
  describe: (engine, [envelope]) => engine.describe(envelope),
  share: (engine, [envelope, key]) => engine.share(envelope, key),
  async seal(engine, [file, key, description], signal): Promise<SealedHandle> {
    const begun = await engine.seal(file, key, description, signal)
    sealed.set(++handles, begun)
    return { handle: handles, metadata: begun.metadata, length: begun.length }
  },
  async slice(_, [handle, start, end]): Promise<Blob> {
    const file = sealed.get(handle)
    if (!file) throw new SealingError('internal', 'the sealed file was closed')
    return file.slice(start, end)
  },
  async close(_, [handle]) {
    sealed.get(handle)?.close()
    sealed.delete(handle)
  },
  async open(engine, [request], signal, onProgress): Promise<OpenedHandle> {
    const done = await engine.open(request, onProgress, signal)
    opened.set(++handles, done)
    return { handle: handles, content: done.content }
  },
  async discard(_, [handle]) {
    await opened.get(handle)?.discard()
    opened.delete(handle)
  },
}

function failure(error: unknown, signal: AbortSignal): Extract<FromWorker, { failure: unknown }>['failure'] {
  if (signal.aborted) return { code: 'aborted', message: 'aborted' }
  if (error instanceof SealingError) return { code: error.code, message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : 'unknown' }
}

function wipe(argument: unknown): void {
  if (argument instanceof Uint8Array) argument.fill(0)
  else if (typeof argument === 'object' && argument !== null && 'by' in argument) {
    for (const secret of Object.values(argument.by as Record<string, unknown>)) if (secret instanceof Uint8Array) (secret as Bytes).fill(0)
  }
}
