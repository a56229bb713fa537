/** Trying again what may pass: a lost connection, a busy server. */

import { isAbort, Problem } from '../api/problem.ts'

export interface RetryPolicy {
  /** How many attempts in all. */
  attempts: number
  /** Milliseconds before the second attempt; doubled for each one after it. */
  first: number
  most: number
}

/** About two minutes; who waits longer for the network is helped by the event that it is back. */
export const PATIENT: RetryPolicy = { attempts: 8, first: 500, most: 30_000 }

export interface RetryHooks {
  signal: AbortSignal
  /** A failed attempt that is followed by another one in so many milliseconds. */
  onRetry?: (problem: Problem, attempt: number, delay: number) => void
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
  random?: () => number
}

export async function retrying<T>(attempt: () => Promise<T>, hooks: RetryHooks, policy: RetryPolicy = PATIENT): Promise<T> {
  const { signal, onRetry, sleep = waitOrOnline, random = Math.random } = hooks
  for (let number = 1; ; number++) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (isAbort(error) || !(error instanceof Problem) || !error.isPassing || number >= policy.attempts) throw error
      const delay = delayOf(number, error.retryAfter, policy, random())
      onRetry?.(error, number, delay)
      await sleep(delay, signal)
    }
  }
}

/** Exponential with jitter, so that parts that failed together do not come back together. */
export function delayOf(attempt: number, retryAfter: number | null, policy: RetryPolicy, random: number): number {
  const doubled = Math.min(policy.most, policy.first * 2 ** (attempt - 1))
  return Math.max((retryAfter ?? 0) * 1000, doubled * (0.5 + random / 2))
}

/** Sleeps; while the browser says that there is no network, as long as it says so, and not a moment longer. */
export async function waitOrOnline(milliseconds: number, signal: AbortSignal): Promise<void> {
  const isOffline = typeof navigator !== 'undefined' && navigator.onLine === false
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', end)
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = isOffline ? undefined : setTimeout(end, milliseconds)
    globalThis.addEventListener?.('online', end)
    signal.addEventListener('abort', end)
  })
}
