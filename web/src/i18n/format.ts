/** Numbers, sizes and times as people of a language write them, in the reader's own time zone. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** `4.2 MB`; a thousand at a time, as systems show sizes. */
export function formatSize(bytes: number, language: string): string {
  let unit = 0
  let value = bytes
  // Rounded before it is compared: 999,950 bytes are 1 MB, never 1,000 kB.
  while (unit < UNITS.length - 1 && Math.round(value * 10) / 10 >= 1000) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return new Intl.NumberFormat(language, { style: 'unit', unit: UNITS[unit] ?? 'byte', unitDisplay: unit === 0 ? 'long' : 'short', maximumFractionDigits: digits }).format(value)
}

export function formatTime(text: string | number | null, language: string): string {
  const date = text === null ? null : new Date(text)
  if (date === null || Number.isNaN(date.getTime())) return '–'
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(date)
}

/** The day alone, where there is little room. */
export function formatDay(time: number | null, language: string): string {
  return time === null ? '–' : new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(time)
}

/** Every byte counted. */
export const formatBytes = (bytes: number, language: string): string => new Intl.NumberFormat(language, { style: 'unit', unit: 'byte', unitDisplay: 'long' }).format(bytes)

/** With the zone it is in: for details, where somebody compares. */
export function formatExactTime(text: string | null, language: string): string {
  const date = text === null ? null : new Date(text)
  if (date === null || Number.isNaN(date.getTime())) return '–'
  return new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' }).format(date)
}

export const formatNumber = (value: number, language: string): string => new Intl.NumberFormat(language).format(value)

export const formatShare = (share: number, language: string): string => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(share)

const STEPS = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]] as const

/** The two largest units: `2 hr, 5 min`. */
export function formatDuration(seconds: number, language: string): string {
  let rest = Math.max(1, Math.round(seconds))
  const parts: string[] = []
  for (const [unit, length] of STEPS) {
    const count = Math.floor(rest / length)
    if (count === 0) continue
    rest -= count * length
    parts.push(new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count))
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
