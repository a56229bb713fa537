/** What a browser may show of a file, by its name alone: what sealed it, and whoever made a link, may say anything. */

export type MediaKind = 'image' | 'video' | 'audio' | 'pdf' | 'text' | 'other'

export interface Media {
  kind: MediaKind
  /** The type a browser is given. Of a kind that is not shown it is one that runs nothing. */
  type: string
}

const TYPES: Record<string, Media> = {
  png: { kind: 'image', type: 'image/png' },
  jpg: { kind: 'image', type: 'image/jpeg' },
  jpeg: { kind: 'image', type: 'image/jpeg' },
  gif: { kind: 'image', type: 'image/gif' },
  webp: { kind: 'image', type: 'image/webp' },
  avif: { kind: 'image', type: 'image/avif' },
  mp4: { kind: 'video', type: 'video/mp4' },
  m4v: { kind: 'video', type: 'video/mp4' },
  mov: { kind: 'video', type: 'video/mp4' },
  webm: { kind: 'video', type: 'video/webm' },
  mp3: { kind: 'audio', type: 'audio/mpeg' },
  m4a: { kind: 'audio', type: 'audio/mp4' },
  ogg: { kind: 'audio', type: 'audio/ogg' },
  opus: { kind: 'audio', type: 'audio/ogg' },
  wav: { kind: 'audio', type: 'audio/wav' },
  flac: { kind: 'audio', type: 'audio/flac' },
  pdf: { kind: 'pdf', type: 'application/pdf' },
  txt: { kind: 'text', type: 'text/plain' },
  md: { kind: 'text', type: 'text/plain' },
  csv: { kind: 'text', type: 'text/plain' },
  log: { kind: 'text', type: 'text/plain' },
  json: { kind: 'text', type: 'text/plain' },
}

const OTHER: Media = { kind: 'other', type: 'application/octet-stream' }

export function mediaOf(name: string): Media {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPES, extension) ? TYPES[extension] ?? OTHER : OTHER
}
