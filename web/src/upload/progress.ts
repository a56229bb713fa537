/** How far all uploads together are: bytes, speed and the time that is left. Pure: time comes in as a value. */

import type { Sum } from './backlog.ts'

export interface Counted {
  size: number
  sent: number
  state: 'waiting' | 'running' | 'paused' | 'failed' | 'done'
}

export interface Progress {
  files: number
  done: number
  failed: number
  paused: number
  /** Whether anything still runs or waits for its turn. */
  isBusy: boolean
  total: number
  sent: number
  /** From 0 to 1. */
  share: number
}

export function summed(files: Iterable<Counted>): Progress {
  const sum: Progress = { files: 0, done: 0, failed: 0, paused: 0, isBusy: false, total: 0, sent: 0, share: 0 }
  for (const { size, sent, state } of files) {
    sum.files += 1
    sum.total += size
    sum.sent += state === 'done' ? size : Math.min(sent, size)
    if (state === 'done') sum.done += 1
    else if (state === 'failed') sum.failed += 1
    else if (state === 'paused') sum.paused += 1
    else if (state === 'running') sum.isBusy = true
  }
  return { ...sum, share: shareOf(sum) }
}

/** With what waits before the list, and what is off it again. */
export function withBacklog(listed: Progress, { waiting, done }: { waiting: Readonly<Sum>; done: Readonly<Sum> }): Progress {
  const sum = {
    ...listed,
    files: listed.files + waiting.files + done.files,
    done: listed.done + done.files,
    total: listed.total + waiting.bytes + done.bytes,
    sent: listed.sent + done.bytes,
  }
  return { ...sum, share: shareOf(sum) }
}

const shareOf = ({ total, sent, files, done }: Omit<Progress, 'share'>): number => (total > 0 ? sent / total : files > 0 ? done / files : 0)

/** Seconds that a measurement counts for: longer ones are steadier, shorter ones sooner right. */
const WINDOW = 5

/** Bytes a second, smoothed. What sending again takes away is no negative speed. */
export class Speed {
  private value = 0
  private last: { sent: number; at: number } | null = null

  /** `at` in milliseconds. */
  measure(sent: number, at: number): number {
    const { last } = this
    this.last = { sent, at }
    if (last === null) return 0
    const seconds = (at - last.at) / 1000
    if (seconds <= 0) return this.value
    const weight = this.value === 0 ? 1 : 1 - Math.exp(-seconds / WINDOW)
    this.value += weight * (Math.max(0, sent - last.sent) / seconds - this.value)
    return this.value
  }

  forget(): void {
    this.value = 0
    this.last = null
  }
}

/** Seconds that are left at this speed; `null` where nobody can say. */
export const secondsLeft = ({ total, sent }: Pick<Progress, 'total' | 'sent'>, speed: number): number | null => (speed > 0 && total > sent ? (total - sent) / speed : null)
