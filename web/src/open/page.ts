/** The recipient's page: what a link leads to, downloaded, verified, then shown, played or saved. */

import type { Engine } from '../sealing/engine.ts'
import { SealingError } from '../sealing/error.ts'
import { readLink, type SharedFile } from '../sealing/link.ts'
import { openShared, type OpenedFile } from '../sealing/open.ts'
import { button, element } from './element.ts'
import { preview } from './preview.ts'
import { percentText, sizeText, WORDS, type Language, type Words } from './words.ts'

/** Up to here a file is opened at once; a larger one costs somebody's data or time, who is asked. */
const AT_ONCE = 32 * 2 ** 20

export class RecipientPage {
  readonly #root: HTMLElement
  readonly #engine: Engine
  readonly #language: Language
  readonly #words: Words
  /** What ends whatever is shown now: a download, a file and its plaintext. */
  #end: () => void = () => {}

  constructor(root: HTMLElement, engine: Engine, language: Language) {
    this.#root = root
    this.#engine = engine
    this.#language = language
    this.#words = WORDS[language]
  }

  async show(fragment: string): Promise<void> {
    this.close()
    document.title = this.#words.title
    try {
      const file = await readLink(fragment)
      this.#describe(file, file.length <= AT_ONCE)
    } catch (error) {
      this.#draw([], [problemOf(error, this.#words)])
    }
  }

  /** Ends what is under way and deletes what was opened. */
  close(): void {
    this.#end()
    this.#end = () => {}
  }

  #describe(file: SharedFile, isAtOnce: boolean): void {
    if (isAtOnce) return void this.#open(file)
    const size = sizeText(file.length, this.#language)
    this.#draw(this.#heading(file), [button(this.#words.open(size), () => void this.#open(file), { class: 'primary' })])
  }

  async #open(file: SharedFile): Promise<void> {
    this.close()
    const words = this.#words
    const abort = new AbortController()
    this.#end = () => abort.abort()
    const bar = element('progress', { max: String(file.length || 1), value: '0', 'aria-label': words.opening })
    const status = element('p', { role: 'status' }, words.opening)
    this.#draw(this.#heading(file), [bar, status, button(words.cancel, () => abort.abort())])
    // A share is wiped by opening; another attempt needs its own.
    const attempt = { ...file, share: file.share.slice() }
    try {
      const opened = await openShared(this.#engine, attempt, { signal: abort.signal, onProgress: (done) => this.#progressed(file, done, bar, status) })
      if (abort.signal.aborted) return void opened.discard()
      await this.#opened(file, opened)
    } catch (error) {
      const isStopped = abort.signal.aborted
      // Another file is shown by now.
      if (!status.isConnected) return
      const text = isStopped ? element('p', { role: 'status' }, words.cancelled) : problemOf(error, words)
      const mayWork = isStopped || !(error instanceof SealingError) || ['network', 'storage-full', 'memory'].includes(error.code)
      this.#draw(this.#heading(file), [text, ...(mayWork ? [button(words.again, () => void this.#open(file))] : [])])
    }
  }

  #progressed(file: SharedFile, done: number, bar: HTMLProgressElement, status: HTMLElement): void {
    bar.value = done
    // By tenths, since every change is read out.
    const tenth = Math.floor((10 * done) / file.length) / 10
    const text = done === file.length ? this.#words.verifying : this.#words.progress(percentText(tenth, this.#language))
    if (status.textContent !== text) status.textContent = text
  }

  async #opened(file: SharedFile, opened: OpenedFile): Promise<void> {
    const words = this.#words
    const url = URL.createObjectURL(opened.content)
    this.#end = () => {
      URL.revokeObjectURL(url)
      void opened.discard()
    }
    const save = element('a', { href: url, download: file.name, class: 'primary' }, words.save)
    this.#draw(this.#heading(file), [element('p', { role: 'status', class: 'verified' }, words.verified), save])
    const shown = await preview(opened, url, words)
    if (shown && save.isConnected) this.#root.append(element('section', { 'aria-label': words.preview, class: 'preview' }, shown))
  }

  #heading(file: SharedFile): Node[] {
    return [
      element('h2', { class: 'name' }, element('bdi', {}, file.name)),
      element('p', { class: 'size' }, this.#words.size(sizeText(file.length, this.#language))),
    ]
  }

  #draw(heading: Node[], content: Node[]): void {
    const words = this.#words
    const note = heading.length > 0 ? [element('p', { class: 'note' }, words.note)] : []
    this.#root.replaceChildren(element('h1', {}, words.title), ...heading, ...content, ...note)
  }
}

function problemOf(error: unknown, words: Words): HTMLElement {
  const code = error instanceof SealingError && Object.hasOwn(words.problems, error.code) ? error.code : 'internal'
  return element('div', { role: 'alert', class: 'problem' }, element('p', {}, words.problems[code]), element('p', { class: 'code' }, words.code(code)))
}
