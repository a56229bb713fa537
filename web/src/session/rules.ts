/** What a publisher's rules allow. It decides what the page offers; the origin decides what is done. */

import type { EncryptionMode, Method, Publisher, Rule } from '../api/wire.ts'

export class Rules {
  readonly all: readonly Rule[]
  /** The sites whose releases may be published, by name. */
  readonly sites: readonly string[]
  /** Whether those are all there are. */
  readonly everySite: boolean

  constructor(publisher: Publisher) {
    const sites = publisher.sites ?? []
    this.sites = sites.filter((site) => site !== '*').sort()
    this.everySite = sites.includes('*')
    const own = (prefix: string): string => (publisher.folder === null ? prefix : prefix.replace('{sub}', publisher.folder))
    this.all = publisher.rules.map((rule) => ({ ...rule, prefix: own(rule.prefix) })).filter((rule) => !rule.prefix.includes('{sub}'))
  }

  /** Whether the releases of any site are this publisher's. */
  get mayRelease(): boolean {
    return this.everySite || this.sites.length > 0
  }

  allowsSite(site: string): boolean {
    return this.everySite || this.sites.includes(site)
  }

  /** The rule that decides about a key: of those that cover it, the one with the longest prefix. */
  of(key: string): Rule | null {
    let found: Rule | null = null
    for (const rule of this.all) if (key.startsWith(rule.prefix) && (found === null || rule.prefix.length > found.prefix.length)) found = rule
    return found
  }

  allows(method: Method, key: string): boolean {
    return this.of(key)?.methods.includes(method) ?? false
  }

  /** Whether anything below this folder may be done so: by the rule that covers it, or by one below. */
  allowsBelow(method: Method, folder: string): boolean {
    return this.allows(method, folder) || this.all.some((rule) => rule.prefix.startsWith(folder) && rule.methods.includes(method))
  }

  /** Whether whatever a listing of this folder shows may be done so. */
  allowsListed(method: Method, folder: string): boolean {
    const listing = [this.of(folder), ...this.all.filter(({ prefix }) => prefix.startsWith(folder))].filter((rule) => rule?.methods.includes('LIST'))
    return listing.every((rule) => rule?.methods.includes(method))
  }

  /** The folders that somebody with this rule set begins in, shortest first. */
  roots(method: Method): string[] {
    const prefixes = this.all.filter((rule) => rule.methods.includes(method)).map((rule) => rule.prefix)
    return prefixes.filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other))).sort()
  }

  mayReplace(key: string): boolean {
    const rule = this.of(key)
    return rule !== null && rule.overwrite && rule.methods.includes('PUT')
  }
}

/** Why the rules refuse a file, if they do. */
export type Refusal = { why: 'folder' } | { why: 'size'; most: number } | { why: 'type'; type: string; allowed: string[] }

export function refusalOf(rules: Rules, key: string, size: number, type: string): Refusal | null {
  const rule = rules.of(key)
  if (rule === null || !rule.methods.includes('PUT')) return { why: 'folder' }
  if (!rule.content_types.some((range) => containsType(range, type))) return { why: 'type', type, allowed: rule.content_types }
  if (size > rule.max_size) return { why: 'size', most: rule.max_size }
  return null
}

/** Whether a range such as `image/*` contains a type; parameters of the type do not count. */
export function containsType(range: string, type: string): boolean {
  const essence = (type.split(';')[0] ?? '').trim().toLowerCase()
  const wanted = range.toLowerCase()
  if (wanted === '*/*') return true
  return wanted.endsWith('/*') ? essence.startsWith(wanted.slice(0, -1)) : essence === wanted
}

/** A file that was sealed here is longer by its tag. */
export const SEAL_LENGTH = 16

/** How S3 encrypts what was sealed here: as wished, if it can be in a direct upload. `null` where the rule allows no such mode. */
export function storageModeFor(rule: Rule, wished: EncryptionMode | undefined): EncryptionMode | null {
  const possible = rule.encryption.filter(isDirect)
  return possible.find((mode) => mode === wished) ?? possible[0] ?? null
}

/** Modes of direct uploads; the others go through the origin. */
const DIRECT: readonly EncryptionMode[] = ['sse-kms', 'dsse-kms', 'sse-s3']

export const isDirect = (mode: EncryptionMode): boolean => DIRECT.includes(mode)
