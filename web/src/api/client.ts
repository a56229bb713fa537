/** A typed client of the publishers' API. It keeps no state but the credential; errors are `Problem`s. */

import { keyPath } from './paths.ts'
import { Problem, isAbort, problemOf, unreachable } from './problem.ts'
import type {
  DeletedListing, Description, Listing, LoggedIn, Publisher, Reach, Release, ReleaseLog, Restored, Settings, Share, SignedPart, Stored, UploadPlan, UploadRequest, UploadUnderWay, Versions,
} from './wire.ts'

export interface ListQuery {
  prefix: string
  cursor?: string | null
  limit?: number
  folders?: boolean
  urls?: boolean
  metadata?: boolean
}

interface Call {
  method?: string
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  signal?: AbortSignal | undefined
  /** It is made though the page is being left. */
  isLast?: boolean
}

/** The folder the page is in: every address is relative to it. */
const BASE = new URL('.', document.baseURI)

export const addressOf = (path: string): string => new URL(path, BASE).href

export class Api {
  constructor(
    private readonly token: () => string | null,
    /** Called when the credential was refused. */
    private readonly refused: () => void = () => {},
  ) {}

  settings = (): Promise<Settings> => this.json('page/settings')
  login = (body: { issuer: string; code: string; code_verifier: string; redirect_uri: string }): Promise<LoggedIn> =>
    this.json('page/login', { method: 'POST', body })
  publisher = (): Promise<Publisher> => this.json('publisher')

  list = ({ prefix, cursor, limit, folders, urls, metadata }: ListQuery, signal?: AbortSignal): Promise<Listing> =>
    this.json('objects', { query: { prefix, cursor, limit, folders, urls, metadata }, signal })
  describe = (key: string, signal?: AbortSignal): Promise<Description> => this.json(`objects/${keyPath(key)}`, { signal })
  remove = (key: string): Promise<{ key: string; cdn?: Reach }> => this.json(`objects/${keyPath(key)}`, { method: 'DELETE' })
  read = (key: string, signal?: AbortSignal): Promise<Response> => this.call(`read/${keyPath(key)}`, { signal })

  versions = (key: string, cursor?: string | null): Promise<Versions> => this.json(`versions/${keyPath(key)}`, { query: { cursor } })
  restore = (key: string, version: string): Promise<Restored> => this.json(`versions/${keyPath(key)}`, { method: 'POST', body: { version } })
  deleted = (prefix: string, cursor?: string | null): Promise<DeletedListing> => this.json('deleted', { query: { prefix, cursor, limit: 100 } })

  /** Without a way, the origin chooses one. */
  share = (key: string, expires: number, via?: Share['via'], signal?: AbortSignal): Promise<Share> =>
    this.json('shares', { method: 'POST', body: { key, expires, ...(via ? { via } : {}) }, signal })
  /** What is sealed, as it is stored: the CDN does not try to open it. */
  shareAsStored = (key: string, expires: number): Promise<Share> =>
    this.json('shares', { method: 'POST', body: { key, expires, as_stored: true } })

  beginUpload = (body: UploadRequest, signal?: AbortSignal): Promise<UploadPlan> => this.json('uploads', { method: 'POST', body, signal })
  describeUpload = (token: string, signal?: AbortSignal): Promise<UploadUnderWay> => this.json(`uploads/${token}`, { signal })
  signParts = (token: string, parts: number[], checksums?: Record<number, unknown>, signal?: AbortSignal): Promise<{ parts: SignedPart[] }> =>
    this.json(`uploads/${token}/parts`, { method: 'POST', body: checksums ? { parts, checksums } : { parts }, signal })
  completeUpload = (token: string, signal?: AbortSignal): Promise<Stored> => this.json(`uploads/${token}/complete`, { method: 'POST', signal })
  abortUpload = async (token: string): Promise<void> => { await this.call(`uploads/${token}`, { method: 'DELETE', isLast: true }) }

  releases = (site: string, cursor?: string | null, signal?: AbortSignal): Promise<ReleaseLog> =>
    this.json(`releases/${keyPath(site)}`, { query: { cursor }, signal })
  release = (site: string, id: string, signal?: AbortSignal): Promise<Release> => this.json(`releases/${keyPath(site)}/${keyPath(id)}`, { signal })
  /** Its bytes, which the bucket answers. */
  manifest = async (site: string, id: string): Promise<ArrayBuffer> =>
    (await this.call(`releases/${keyPath(site)}/${keyPath(id)}/manifest`, {})).arrayBuffer()
  /** Only if `replaces` is the active one, `null` for none. */
  activate = (site: string, id: string, replaces: string | null): Promise<Release> =>
    this.json(`releases/${keyPath(site)}/${keyPath(id)}/activate`, { method: 'POST', body: { replaces } })

  /** For requests that are not made with fetch: where bytes are sent and progress is shown. */
  authorization(): string {
    return `Bearer ${this.token() ?? ''}`
  }

  /** What every refusal does, wherever it was met. */
  noticed(problem: Problem): Problem {
    if (problem.status === 401 && problem.code === 'unauthenticated') this.refused()
    return problem
  }

  private async json<T>(path: string, call: Call = {}): Promise<T> {
    return (await this.call(path, call)).json() as Promise<T>
  }

  private async call(path: string, { method = 'GET', query = {}, body, signal, isLast = false }: Call): Promise<Response> {
    const url = new URL(path, BASE)
    for (const [name, value] of Object.entries(query)) if (value != null && value !== false && value !== '') url.searchParams.set(name, String(value))
    const headers: Record<string, string> = {}
    if (this.token() !== null) headers['authorization'] = this.authorization()
    if (body !== undefined) headers['content-type'] = 'application/json'
    const init: RequestInit = { method, headers, credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer', keepalive: isLast }
    if (body !== undefined) init.body = JSON.stringify(body)
    if (signal) init.signal = signal
    let response: Response
    try {
      response = await fetch(url, init)
    } catch (error) {
      throw isAbort(error) ? error : unreachable()
    }
    if (!response.ok) throw this.noticed(await problemOf(response))
    return response
  }
}
