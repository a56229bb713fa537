/** How long readers' copies of a file may be kept: what the rule says, or less. Pure. */

/** Seconds that browsers keep a copy under this Cache-Control. */
export function keptFor(cacheControl: string): number {
  if (/(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,=])/i.test(cacheControl)) return 0
  return Number(/(?:^|[\s,])max-age\s*=\s*"?(\d+)/i.exec(cacheControl)?.[1] ?? 0)
}

const PRESETS = [60, 3600, 86_400, 30 * 86_400, 365 * 86_400]

/** Lifetimes that are offered besides the rule's own: shorter ones, since the origin allows no longer. */
export const shorterThan = (longest: number): number[] => PRESETS.filter((seconds) => seconds < longest)

export const NEVER = 'no-store'
export const ASKED = 'no-cache'
export const keepFor = (seconds: number): string => `max-age=${seconds}`

/** Whether a rule allows what was chosen for another one. */
export function isAllowed(choice: string | undefined, cacheControl: string): boolean {
  if (choice === undefined || choice === NEVER) return true
  const isStored = !/(?:^|[\s,])no-store(?:$|[\s,])/i.test(cacheControl)
  return isStored && (choice === ASKED || keptFor(choice) <= keptFor(cacheControl))
}
