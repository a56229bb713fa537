/** How many do something at once. Who waits longest is next. */
export class Slots {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(count: number) {
    this.free = count
  }

  async with<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.take(signal)
    try {
      return await work()
    } finally {
      this.give()
    }
  }

  private async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.free > 0) {
      this.free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const granted = (): void => {
        signal.removeEventListener('abort', left)
        resolve()
      }
      const left = (): void => {
        const at = this.waiting.indexOf(granted)
        if (at >= 0) this.waiting.splice(at, 1)
        reject(signal.reason)
      }
      this.waiting.push(granted)
      signal.addEventListener('abort', left, { once: true })
    })
  }

  private give(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.free += 1
  }
}
