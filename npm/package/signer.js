// The signer: converts between `fetch` and the WASM module. What may be sent, how it is spelled and what is signed
// is decided in the module; here are only bodies, headers and the check that what was built is what was signed.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

let wasm;

/** Gives the platform's instance of signer.wasm; called once, by the platform's entry. */
export function start(instance) {
  wasm = instance.exports;
}

/** The request was not signed, and nothing was sent. The message names the step and holds no secret. */
export class SigningRefused extends Error {
  name = 'SigningRefused';
}

export class Signer {
  #region;
  #service;
  #credentials;
  #signedHeaders;
  #now;

  constructor({ region, service, credentials, signedHeaders = [], now = Date.now }) {
    this.#region = region;
    this.#service = service;
    this.#credentials = credentials;
    this.#signedHeaders = new Set(signedHeaders.map((name) => name.toLowerCase()));
    this.#now = now;
  }

  async sign(input, init = {}) {
    const source = ask(input, init);
    const { body, payload, type } = await hash(init.body ?? (await source.body()), source.headers);
    if (type && !source.headers.has('content-type')) source.headers.set('content-type', type);
    const { href, headers } = await this.#call(source, payload, '');
    for (const [name, value] of headers) source.headers.set(name, value);
    const request = new Request(href, {
      // A signature is good for one URL, and a redirect would carry the session token elsewhere.
      redirect: 'manual',
      signal: source.signal,
      ...init,
      method: source.method,
      headers: source.headers,
      body,
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    });
    if (request.url !== href || request.method !== source.method) {
      throw new SigningRefused('url: the request cannot be sent as it was signed');
    }
    return request;
  }

  async presign(input, { expiresIn = 900, ...init } = {}) {
    if (!Number.isSafeInteger(expiresIn) || expiresIn < 0 || expiresIn > 0xffffffff) {
      throw new SigningRefused('presign: the seconds of validity are not a whole number');
    }
    const { href } = await this.#call(ask(input, init), undefined, `${expiresIn}`);
    const url = new URL(href);
    if (url.href !== href) throw new SigningRefused('url: the request cannot be sent as it was signed');
    return url;
  }

  async fetch(input, init) {
    return fetch(await this.sign(input, init));
  }

  async #call({ url, given, method, headers }, payload, expires) {
    const { accessKeyId, secretAccessKey, sessionToken } =
      typeof this.#credentials === 'function' ? await this.#credentials() : this.#credentials;
    const seconds = Math.floor(this.#now() / 1000);
    const fields = [accessKeyId, secretAccessKey, sessionToken, this.#region, this.#service, seconds, method, given];
    fields.push(url.pathname, url.search.slice(1), payload, expires, 'host', url.host);
    for (const [name, value] of headers) if (this.#signs(name)) fields.push(name, value);
    const [outcome, path, query, ...written] = exchange(fields.map((field) => `${field ?? ''}`));
    if (outcome !== 'signed') throw new SigningRefused(path);
    return { href: `${url.origin}${path}${query && '?'}${query}`, headers: pairs(written) };
  }

  /** An `authorization` of the caller's goes in as well, to be refused. */
  #signs(name) {
    return name.startsWith('x-amz-') || name === 'authorization' || this.#signedHeaders.has(name);
  }
}

/** What the caller asks to be sent, as far as it is known before the body is read. */
function ask(input, init) {
  const request = input instanceof Request ? input : undefined;
  const text = typeof input === 'string' ? input : undefined;
  const url = new URL(request?.url ?? input);
  if (!/^https?:$/.test(url.protocol)) throw new SigningRefused('url: neither https nor http');
  if (url.username || url.password) throw new SigningRefused('url: holds a user or a password');
  const headers = new Headers(init.headers ?? request?.headers);
  const host = headers.get('host') ?? url.host;
  headers.delete('host');
  if (host.toLowerCase() !== url.host) throw new SigningRefused('headers: host is not the host of the URL');
  return {
    url,
    // What `URL` was given, where it could have been given another path than it has.
    given: text === undefined ? '' : (/^[^:/?#]+:\/\/[^/\\?#]*([^?#]*)/.exec(text)?.[1] ?? '/'),
    method: normalised(init.method ?? request?.method ?? 'GET'),
    headers,
    signal: request?.signal,
    body: async () => (request?.body ? request.arrayBuffer() : null),
  };
}

/** As `fetch` does it; every other method keeps its case. */
function normalised(method) {
  const upper = method.toUpperCase();
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
}

/** The body to send and its line in the signature. A stream is read once, by whoever sends it, so it is not hashed. */
async function hash(body, headers) {
  const known = headers.get('x-amz-content-sha256');
  headers.delete('x-amz-content-sha256');
  if (known !== null) return { body, payload: known };
  if (body === null || body === undefined) return { body, payload: '' };
  if (body instanceof ReadableStream) return { body, payload: 'UNSIGNED-PAYLOAD' };
  // `Response` turns every kind of body into bytes and knows its media type.
  const held = new Response(body);
  const bytes = new Uint8Array(await held.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const payload = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { body: bytes, payload, type: held.headers.get('content-type') };
}

/** Texts in, texts out, in the frames that npm/module describes. What passed is wiped. */
function exchange(texts) {
  const table = 4 * (1 + texts.length);
  const room = table + texts.reduce((sum, text) => sum + 3 * text.length, 0);
  const input = wasm.input(room);
  const bytes = new Uint8Array(wasm.memory.buffer, input, room);
  const lengths = new DataView(wasm.memory.buffer, input, table);
  lengths.setUint32(0, texts.length, true);
  let end = table;
  texts.forEach((text, index) => {
    const { written } = encoder.encodeInto(text, bytes.subarray(end));
    lengths.setUint32(4 + 4 * index, written, true);
    end += written;
  });
  return read(wasm.sign(end));
}

function read(output) {
  const numbers = new DataView(wasm.memory.buffer, output);
  const count = numbers.getUint32(0, true);
  let end = 4 + 4 * count;
  const texts = Array.from({ length: count }, (_, index) => {
    const start = end;
    end += numbers.getUint32(4 + 4 * index, true);
    return decoder.decode(new Uint8Array(wasm.memory.buffer, output + start, end - start));
  });
  new Uint8Array(wasm.memory.buffer, output, end).fill(0);
  return texts;
}

function pairs(texts) {
  return Array.from({ length: texts.length / 2 }, (_, index) => texts.slice(2 * index, 2 * index + 2));
}
