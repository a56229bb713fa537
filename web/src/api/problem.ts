/** Problem documents (RFC 9457), failures of the network and of sealing, as one error type with what the page has to say about them. */

import { SealingError } from '../sealing/error.ts'

export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** Keyfront's code; `network` where no answer came, `storage` where S3 refused. */
    readonly code: string,
    readonly title: string,
    readonly detail: string | null,
    readonly requestId: string | null,
    /** Seconds after which the same call may succeed. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail ?? title)
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500 || this.code === 'write-conflict'
  }
}

/** No answer came: no network, or a server that cannot be reached. */
export const unreachable = (): Problem => new Problem(0, 'network', 'the connection was lost', null, null)

export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get('retry-after')) || null
  const id = response.headers.get('x-keyfront-request-id')
  const body: unknown = await response.json().catch(() => null)
  const text = (name: string): string | null => {
    const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : null
    return typeof value === 'string' ? value : null
  }
  // Led on to the bucket, which answers in words of its own.
  const otherwise = !response.redirected ? 'unexpected' : response.status === 404 ? 'not-found' : 'storage'
  return new Problem(response.status, text('code') ?? otherwise, text('title') ?? `status ${response.status}`, text('detail'), text('request_id') ?? id, retryAfter)
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof SealingError) return new Problem(0, error.code, error.message, null, null)
  return new Problem(0, 'page-failed', 'the page failed', error instanceof Error ? error.message : String(error), null)
}
