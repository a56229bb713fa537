/** The body of an object, as it arrives, however often the connection is lost on the way. Nothing of it is trusted here. */

import { SealingError } from './error.ts'

/** In a row, without a byte between them. */
const ATTEMPTS = 5
const FIRST_DELAY = 500

export interface Download {
  url: string
  /** Bytes that the body must have. */
  length: number
  signal?: AbortSignal | undefined
  /** In tests, in place of the browser's. */
  fetch?: typeof fetch | undefined
  /** In tests, in place of waiting this many milliseconds. */
  wait?: ((delay: number) => Promise<void>) | undefined
}

/**
 * Yields the body's bytes in order, `length` of them. A lost connection is taken up where it broke.
 *
 * @throws {SealingError} `link-over`, `gone`, `incomplete` for a body of another length, `network`.
 */
export async function* download({ url, length, signal, fetch: get = globalThis.fetch, wait = pause }: Download): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let arrived = 0
  let failures = 0
  while (arrived < length) {
    try {
      for await (const chunk of body(get, url, arrived, signal)) {
        if (chunk.length === 0) continue
        arrived += chunk.length
        if (arrived > length) throw new SealingError('incomplete', `the body is longer than ${length} bytes`)
        failures = 0
        yield chunk
        signal?.throwIfAborted()
      }
      if (arrived < length) throw new SealingError('network', `the connection ended after ${arrived} of ${length} bytes`)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof SealingError && error.code !== 'network') throw error
      if (++failures === ATTEMPTS) throw new SealingError('network', `the connection was lost after ${arrived} of ${length} bytes`, { cause: error })
      await wait(FIRST_DELAY * 2 ** (failures - 1))
    }
  }
}

async function* body(get: typeof fetch, url: string, from: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const response = await get(url, {
    headers: from > 0 ? { range: `bytes=${from}-` } : {},
    // The address is the whole credential; it goes to nobody, and nothing of the answer stays.
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
    ...(signal ? { signal } : {}),
  })
  try {
    assertOpen(response)
    if (!response.body) return
    // A server may answer a range with the whole.
    let skip = response.status === 206 ? 0 : from
    for await (const chunk of chunksOf(response.body)) {
      const skipped = Math.min(skip, chunk.length)
      skip -= skipped
      yield chunk.subarray(skipped) as Uint8Array<ArrayBuffer>
    }
  } finally {
    // Where the caller stopped early.
    if (response.body && !response.body.locked) await response.body.cancel().catch(() => {})
  }
}

function assertOpen({ status, statusText }: Response): void {
  if (status === 200 || status === 206) return
  const message = `status ${status} ${statusText}`.trim()
  if (status === 401 || status === 403) throw new SealingError('link-over', message)
  if (status === 404 || status === 410) throw new SealingError('gone', message)
  if (status === 416) throw new SealingError('incomplete', message)
  if (status >= 500 || status === 408 || status === 429) throw new SealingError('network', message)
  throw new SealingError('gone', message)
}

/** Safari's streams are not iterable. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}

const pause = (delay: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delay))
