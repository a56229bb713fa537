/** One request with a body whose progress is shown. `fetch` shows none while sending, so this is XMLHttpRequest. */

import { Problem, unreachable } from '../api/problem.ts'

export interface Sending {
  method: 'PUT' | 'POST'
  url: string
  headers: Record<string, string>
  body: Blob
  signal: AbortSignal
  onProgress: (sent: number) => void
  /** Milliseconds without a byte sent or an answer after which the connection counts as lost. */
  stall?: number
}

export interface Sent {
  status: number
  text: string
  header: (name: string) => string | null
}

const STALL = 60_000

export function send({ method, url, headers, body, signal, onProgress, stall = STALL }: Sending): Promise<Sent> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    let isStalled = false
    let timer = 0
    const alive = (): void => {
      clearTimeout(timer)
      timer = window.setTimeout(() => { isStalled = true; request.abort() }, stall)
    }
    const abort = (): void => request.abort()
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      settle()
    }
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => { alive(); onProgress(event.loaded) }
    request.onload = () => end(() => resolve({ status: request.status, text: request.responseText, header: (name) => request.getResponseHeader(name) }))
    request.onerror = () => end(() => reject(unreachable()))
    request.onabort = () => end(() => reject(isStalled ? unreachable() : signal.reason))
    signal.addEventListener('abort', abort)
    alive()
    request.send(body)
  })
}

/** What S3 answered to a presigned request that it refused. Its XML is read for one word, and never shown as markup. */
export function storageProblem({ status, text, header }: Sent): Problem {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(text)?.[1] ?? `${status}`
  const id = header('x-amz-request-id')
  if (status === 412) return new Problem(412, 'already-exists', 'an object with this key already exists', null, id)
  if (status === 409) return new Problem(409, 'write-conflict', 'a conflicting write is in progress', null, id)
  return new Problem(status, 'storage', 'the storage refused the bytes', code, id)
}
