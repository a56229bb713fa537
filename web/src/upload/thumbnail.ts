/** Small pictures of pictures, made here when they are uploaded, and stored beside them under the same protection. */

import { addressOf, type Api } from '../api/client.ts'
import { isThumbnail, keyPath, thumbnailKey } from '../api/paths.ts'
import type { Stored } from '../api/wire.ts'
import { refusalOf, type Rules } from '../session/rules.ts'
import type { PageFile } from './file.ts'

const LONGEST_SIDE = 256
const QUALITY = 0.8
/** Larger files are not decoded for a small picture: it would take the tab's memory. */
const LARGEST = 64 << 20
/** What every browser decodes without running anything. SVG is a document, and stays one. */
const DECODED = /^image\/(?:png|jpeg|webp|gif|avif|bmp)$/

export const isPictured = (type: string, size: number): boolean => DECODED.test(type) && size > 0 && size <= LARGEST

/** At most 256 px, WebP; `null` where the browser cannot read it. */
export async function smallPicture(file: Blob): Promise<Blob | null> {
  const full = await createImageBitmap(file).catch(() => null)
  if (full === null) return null
  const scale = Math.min(1, LONGEST_SIDE / Math.max(full.width, full.height))
  const [width, height] = [full.width, full.height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number]
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  context?.drawImage(full, 0, 0, width, height)
  full.close()
  if (!context) return null
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: QUALITY })
  return blob.type === 'image/webp' ? blob : null
}

/** Stores the small picture of what was just stored. A gallery without it is complete, so that a failure is nobody's concern. */
export async function storeThumbnail(api: Api, rules: Rules, stored: Stored, { data, type, meta }: PageFile): Promise<void> {
  if (!(data instanceof Blob) || !isPictured(type, data.size) || isThumbnail(stored.key)) return
  const key = thumbnailKey(stored.key)
  if (refusalOf(rules, key, 1, 'image/webp') !== null) return
  const picture = await smallPicture(data)
  if (picture === null || refusalOf(rules, key, picture.size, 'image/webp') !== null) return
  const query = new URLSearchParams({ encryption: stored.encryption })
  if (meta.caching !== undefined) query.set('cache_control', meta.caching)
  if (rules.mayReplace(key)) query.set('overwrite', 'true')
  await fetch(addressOf(`objects/${keyPath(key)}?${query}`), {
    method: 'PUT',
    headers: { authorization: api.authorization(), 'content-type': 'image/webp' },
    body: picture,
    credentials: 'omit',
  }).catch(() => {})
}
