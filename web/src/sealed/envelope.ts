/** What an object's envelope says of who sealed it. Not authenticated: it decides what the page offers, and opening decides the rest. */

type Envelope = Readonly<Record<string, string>> | null | undefined

/** The wrap of a data key under a raw AES key (`x-amz-w` of the S3 Encryption Client's V3). */
const RAW_AES = '02'

/** The id of the publisher's own key under which an object was sealed in a browser; `null` for any other object. */
export function publisherKeyId(envelope: Envelope): string | null {
  if (!envelope || envelope['x-amz-w'] !== RAW_AES) return null
  try {
    const description: unknown = JSON.parse(envelope['x-amz-m'] ?? '')
    const id = typeof description === 'object' && description !== null ? (description as Record<string, unknown>)['keyfront-key'] : null
    return typeof id === 'string' && /^[0-9a-f]{24}$/.test(id) ? id : null
  } catch {
    return null
  }
}

/** An id as people compare it: in groups of four. */
export const spacedId = (id: string): string => id.replace(/(.{4})(?=.)/g, '$1 ')
