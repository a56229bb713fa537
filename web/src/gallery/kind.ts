/** What a file is to a person: from its media type where that is known, otherwise from its name. */

import { splitExtension } from '../api/paths.ts'

export type Kind = 'image' | 'video' | 'audio' | 'pdf' | 'text' | 'other'

const EXTENSIONS: Record<Exclude<Kind, 'other'>, string> = {
  image: 'png jpg jpeg gif webp avif bmp svg heic heif tif tiff ico',
  video: 'mp4 webm mov mkv avi m4v ogv',
  audio: 'mp3 wav ogg oga flac m4a aac opus',
  pdf: 'pdf',
  text: 'txt md csv json log xml yaml yml html htm css js ts py rs go java c h sh ini toml vtt srt',
}

const BY_EXTENSION = new Map(Object.entries(EXTENSIONS).flatMap(([kind, list]) => list.split(' ').map((extension) => [`.${extension}`, kind as Kind])))

export function kindOf(name: string, type?: string | null): Kind {
  if (type) {
    const essence = (type.split(';')[0] ?? '').trim().toLowerCase()
    for (const kind of ['image', 'video', 'audio'] as const) if (essence.startsWith(`${kind}/`)) return kind
    if (essence === 'application/pdf') return 'pdf'
    if (essence.startsWith('text/') || essence === 'application/json') return 'text'
    if (essence !== 'application/octet-stream') return 'other'
  }
  return BY_EXTENSION.get(splitExtension(name)[1].toLowerCase()) ?? 'other'
}
