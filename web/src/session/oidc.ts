/** The authorization code flow with PKCE (RFC 6749, 7636). The origin exchanges the code; the page never sees the issuer's tokens before. */

import { Problem } from '../api/problem.ts'
import type { Login } from '../api/wire.ts'
import { expectLogin, takeLogin, type PendingLogin } from './storage.ts'

/** 256 random bits, base64url. */
export function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The challenge of a verifier, method S256. */
export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/** The address at which an issuer asks the person. */
export async function authorizationUrl(login: Login, pending: PendingLogin, redirectUri: string): Promise<string> {
  const url = new URL(login.authorization_endpoint)
  const scopes = new Set(['openid', ...login.scopes])
  const parameters = {
    response_type: 'code',
    client_id: login.client_id,
    redirect_uri: redirectUri,
    scope: [...scopes].join(' '),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

export const redirectUri = (): string => new URL('.', document.baseURI).href

/** Leaves the page for the issuer's. */
export async function startLogin(login: Login, remember: boolean): Promise<void> {
  const pending: PendingLogin = { issuer: login.issuer, state: randomText(), nonce: randomText(), verifier: randomText(), remember, hash: location.hash }
  expectLogin(pending)
  location.assign(await authorizationUrl(login, pending, redirectUri()))
}

export interface ReturnedLogin {
  pending: PendingLogin
  code: string
}

/**
 * What an issuer sent back in the address, which is cleaned of it. `null` where nobody was sent.
 *
 * Throws a `Problem` for a login that was refused there, or that this tab did not begin.
 */
export function returnedLogin(): ReturnedLogin | null {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('code') && !answer.has('error')) return null
  const pending = takeLogin()
  history.replaceState(null, '', redirectUri() + (pending?.hash ?? ''))
  return validated(answer, pending)
}

export function validated(answer: URLSearchParams, pending: PendingLogin | null): ReturnedLogin {
  const refuse = (detail: string): Problem => new Problem(0, 'login-refused', 'the login was not completed', detail, null)
  const code = answer.get('code')
  // Whoever lures somebody here with a code of their own does not know this tab's state.
  if (pending === null || answer.get('state') !== pending.state) throw refuse('this tab did not begin it')
  if (code === null) throw refuse(answer.get('error_description') ?? answer.get('error') ?? 'the issuer sent no code')
  return { pending, code }
}
