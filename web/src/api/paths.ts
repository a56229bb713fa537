/** How keys stand in addresses. */

/** The path of a key: every segment percent-encoded, slashes kept. */
export const keyPath = (key: string): string => key.split('/').map(encodeSegment).join('/')

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** What stands behind the last slash. */
export const baseName = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

/** What stands up to the last slash, with it. */
export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

/** `photo.jpg` is `["photo", ".jpg"]`; a leading dot begins no extension. */
export function splitExtension(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
}

const THUMBNAILS = '.thumbnails/'

export const thumbnailFolder = (folder: string): string => folder + THUMBNAILS

export const thumbnailKey = (key: string): string => `${thumbnailFolder(folderOf(key))}${baseName(key)}.webp`

export const isThumbnail = (key: string): boolean => `/${key}`.includes(`/${THUMBNAILS}`)
