// XMLHttpRequest as far as Uppy uses it, over Node's fetch: Node has none.

class Events {
  #listeners = {}
  addEventListener(name, listener) { (this.#listeners[name] ??= []).push(listener) }
  removeEventListener(name, listener) {
    this.#listeners[name] = (this.#listeners[name] ?? []).filter((known) => known !== listener)
  }
  emit(name, event = {}) {
    this[`on${name}`]?.(event)
    for (const listener of this.#listeners[name] ?? []) listener(event)
  }
}

export class XMLHttpRequest extends Events {
  static DONE = 4
  upload = new Events()
  status = 0
  readyState = 0
  responseText = ''
  responseType = ''
  #headers = {}
  #answer = new Headers()
  #abort = new AbortController()

  open(method, url) { this.method = method; this.url = url }
  setRequestHeader(name, value) { this.#headers[name] = value }
  getResponseHeader(name) { return this.#answer.get(name) }
  getAllResponseHeaders() { return [...this.#answer].map(([n, v]) => `${n}: ${v}\r\n`).join('') }
  abort() { this.#abort.abort(); this.emit('abort') }

  async send(body) {
    try {
      const answer = await fetch(this.url, {
        method: this.method, headers: this.#headers, body, signal: this.#abort.signal,
      })
      this.responseText = await answer.text()
      this.response = this.responseText
      this.status = answer.status
      this.statusText = answer.statusText
      this.#answer = answer.headers
      this.readyState = 4
      const total = body?.size ?? 0
      this.upload.emit('progress', { lengthComputable: true, loaded: total, total })
      this.emit('load')
    } catch (error) {
      if (!this.#abort.signal.aborted) this.emit('error', error)
    }
  }
}
