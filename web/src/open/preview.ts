/** A verified file, shown or played. What a browser would run is never shown: `media.ts` gives it no type. */

import type { OpenedFile } from '../sealing/open.ts'
import { element } from './element.ts'
import type { Words } from './words.ts'

/** Bytes of a text that are shown. */
const TEXT_SHOWN = 1 << 20

/** `null` for a file that can only be saved, or that the browser cannot show. */
export async function preview({ kind, content, name }: OpenedFile, url: string, words: Words): Promise<HTMLElement | null> {
  switch (kind) {
    case 'image':
      return loaded(element('img', { alt: name }), 'load', url)
    case 'video':
      return loaded(element('video', { controls: '', playsinline: '', preload: 'metadata', 'aria-label': name }), 'loadedmetadata', url)
    case 'audio':
      return loaded(element('audio', { controls: '', preload: 'metadata', 'aria-label': name }), 'loadedmetadata', url)
    case 'pdf':
      // Browsers without a viewer of their own show nothing there; the file can be saved all the same.
      return navigator.pdfViewerEnabled ? element('iframe', { src: url, title: name }) : null
    case 'text':
      return text(content, words)
    case 'other':
      return null
  }
}

function loaded<E extends HTMLImageElement | HTMLMediaElement>(shown: E, event: string, url: string): Promise<E | null> {
  return new Promise((resolve) => {
    shown.addEventListener(event, () => resolve(shown), { once: true })
    shown.addEventListener('error', () => resolve(null), { once: true })
    shown.src = url
  })
}

async function text(content: Blob, words: Words): Promise<HTMLElement> {
  const beginning = await content.slice(0, TEXT_SHOWN).text()
  const shown = element('pre', { tabindex: '0', 'aria-label': words.preview }, beginning)
  if (content.size <= TEXT_SHOWN) return shown
  return element('div', {}, element('p', {}, words.truncated), shown)
}
