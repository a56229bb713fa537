/** Who is signed in. One session a page; the token is in memory and, only if the person asks, in this tab's storage. */

import { computed, signal } from '@preact/signals'
import { Api } from '../api/client.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import type { Publisher, Settings } from '../api/wire.ts'
import { redirectUri, returnedLogin } from './oidc.ts'
import { Rules } from './rules.ts'
import { rememberToken, rememberedToken } from './storage.ts'

export interface SignedIn {
  publisher: Publisher
  rules: Rules
}

export type Phase = 'starting' | 'signed-out' | 'signed-in'

let token: string | null = null

export const phase = signal<Phase>('starting')
export const who = signal<SignedIn | null>(null)
/** Why nobody is signed in, where that has a reason. */
export const refusal = signal<Problem | null>(null)
/** The credential was refused while somebody worked: what is on the page stays, and signing in again goes on with it. */
export const isInterrupted = signal(false)
export const settings = signal<Settings>({ logins: [], content_url: null })
export const isSignedIn = computed(() => phase.value === 'signed-in')

/** Told after somebody came back whose credential had been refused. */
const returned = new Set<() => void>()
export const onReturn = (listener: () => void): void => { returned.add(listener) }

export const api = new Api(
  () => token,
  () => { if (phase.peek() === 'signed-in') isInterrupted.value = true },
)

/** The rules of whoever is signed in. To be asked only where somebody is. */
export function rules(): Rules {
  if (who.value === null) throw new Error('nobody is signed in')
  return who.value.rules
}

/** Finds out who is here: somebody who comes back from an issuer, who asked this tab to remember, or nobody. */
export async function start(): Promise<void> {
  try {
    settings.value = await api.settings()
    const login = returnedLogin()
    if (login !== null) {
      const { issuer, verifier, remember } = login.pending
      const answer = await api.login({ issuer, code: login.code, code_verifier: verifier, redirect_uri: redirectUri() })
      return await signIn(answer.token, remember)
    }
    const remembered = rememberedToken()
    if (remembered !== null) return await signIn(remembered, true)
    phase.value = 'signed-out'
  } catch (error) {
    refusal.value = asProblem(error)
    phase.value = 'signed-out'
  }
}

/** Signs in with a token; rejects with a `Problem`, and then nobody is signed in. */
export async function signIn(candidate: string, remember: boolean): Promise<void> {
  const former = token
  token = candidate
  try {
    const publisher = await api.publisher()
    const sameAsBefore = who.value === null || who.value.publisher.publisher === publisher.publisher
    rememberToken(remember ? candidate : null)
    // Another person's files and uploads must not be met on the page.
    if (!sameAsBefore) return location.reload()
    who.value = { publisher, rules: new Rules(publisher) }
    refusal.value = null
    phase.value = 'signed-in'
    if (isInterrupted.value) {
      isInterrupted.value = false
      for (const listener of returned) listener()
    }
  } catch (error) {
    token = isInterrupted.value ? former : null
    if (!isInterrupted.value) rememberToken(null)
    throw asProblem(error)
  }
}

/** Asked before somebody leaves: whether something would be lost. */
let unfinished: () => boolean = () => false
export const hasUnfinished = (): boolean => unfinished()
export const onAskedForUnfinished = (answer: () => boolean): void => { unfinished = answer }

/** What has to be put away before somebody leaves: copies of their files on this machine. */
const leaving = new Set<() => Promise<void>>()
export const onSignOut = (listener: () => Promise<void>): void => { leaving.add(listener) }

/** Forgets the token and everything of the person, on the page and on this machine. */
export async function signOut(): Promise<void> {
  await Promise.allSettled([...leaving].map((listener) => listener()))
  token = null
  rememberToken(null)
  history.replaceState(null, '', redirectUri())
  location.reload()
}
