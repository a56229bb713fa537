// The runtime's objects as the module takes them: headers as one string (one crossing instead of one a header), bodies
// as the runtime's own streams. No rule lives here.

/** `name\nvalue\n` for every header, names in lower case; no header can hold a line break. */
function headerText(headers) {
  let text = '';
  headers.forEach((value, name) => {
    text += `${name}\n${value}\n`;
  });
  return text;
}

/** The runtime takes a record in one crossing of its own. Only cookies are set twice, which a record cannot say. */
function headersOf(text) {
  const headers = {};
  const parts = text.split('\n');
  for (let i = 0; i + 1 < parts.length; i += 2) {
    if (parts[i] in headers) return appended(parts);
    headers[parts[i]] = parts[i + 1];
  }
  return headers;
}

function appended(parts) {
  const headers = new Headers();
  for (let i = 0; i + 1 < parts.length; i += 2) headers.append(parts[i], parts[i + 1]);
  return headers;
}

/** A request in one string: its method, its URL, its headers. Cloudflare replaces `Accept-Encoding` by its own; what the
 *  viewer said is beside it. */
export function arrived(request) {
  const { method, url, headers, cf } = request;
  const text = `${method}\n${url}\n`;
  const accepted = cf?.clientAcceptEncoding;
  if (typeof accepted !== 'string') return text + headerText(headers);
  const said = new Headers(headers);
  said.set('accept-encoding', accepted);
  return text + headerText(said);
}

/** An answer in one string: its status, its headers. */
export const answered = (response) => `${response.status}\n${headerText(response.headers)}`;

/** Redirects of an origin are not followed: the next request would not be signed. `no-store` keeps the platform's
 *  own cache away, which would turn HEAD into GET and drop ranges and conditions. */
export function ask(url, method, text, body) {
  return fetch(url, { method, headers: headersOf(text), body, redirect: 'manual', cache: 'no-store' });
}

/** `[status, tag, body]` of an answer that is whole within `timeout` milliseconds and at most `limit` bytes long. */
export async function asked(url, text, limit, timeout) {
  const signal = AbortSignal.timeout(timeout);
  const answer = await fetch(url, { headers: headersOf(text), redirect: 'manual', cache: 'no-store', signal });
  const bytes = answer.body === null ? new Uint8Array() : await buffered(answer.body, limit);
  if (bytes === undefined) throw new RangeError('the answer is too long');
  return [String(answer.status), answer.headers.get('etag') ?? '', new TextDecoder().decode(bytes)];
}

export const outlive = (context, promise) => context.waitUntil(promise);

/** A stream passes as it is; `null` for statuses that have no body, and where there is none. */
export function answer(status, text, body) {
  return new Response(body, { status, headers: headersOf(text) });
}

/** An origin's body under another head. */
export function pass(response, status, text) {
  return new Response(response.body, { status, headers: headersOf(text) });
}

/** At most `limit` bytes; `undefined` if there are more. */
export async function buffered(stream, limit) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The first `limit` bytes of what may be longer; the rest is not read. */
export async function beginning(stream, limit) {
  const bytes = new Uint8Array(limit);
  let length = 0;
  for await (const chunk of stream) {
    const taken = chunk.subarray(0, limit - length);
    bytes.set(taken, length);
    length += taken.byteLength;
    if (length === limit) break;
  }
  return bytes.subarray(0, length);
}

/** In hexadecimal digits. */
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Ends a stream nobody will read, so that its connection is free again. */
export function discard(stream) {
  stream.cancel().catch(() => {});
}

const text = (value) => (typeof value === 'string' ? value : '');

/** `wrangler` gives a JSON variable as an object. */
const json = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value));

let seen = [];

/** The Worker's variables and secrets as texts, or `undefined` if they are what the call before this one saw (and the
 *  module still has them). Compared by value with every request, so that a rotated secret is used at once. */
export function bindings(env, known) {
  const { KEYFRONT_SITES: sites, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  const same = seen[0] === sites && seen[1] === id && seen[2] === secret && seen[3] === token;
  if (known && same) return undefined;
  seen = [sites, id, secret, token];
  return [json(sites), text(id), text(secret), text(token)];
}

export const unixTime = () => Date.now() / 1000;
export const randomId = () => crypto.randomUUID();

const REJECTED = () => undefined;

/** The cache of this data centre; one that cannot be read holds nothing. */
export function found(key, text) {
  return caches.default.match(new Request(key, { headers: headersOf(text) })).catch(REJECTED);
}

/** Keeps a copy while the original is read; failing to keep is not failing to serve. */
export function keep(context, key, text, response) {
  const copy = new Response(response.clone().body, { status: 200, headers: headersOf(text) });
  context.waitUntil(caches.default.put(key, copy).catch(REJECTED));
}

let panicListener = () => {};

/** Sets the function that is called after a panic. */
export function onPanic(listener) {
  panicListener = listener;
}

/** Called by the module's panic hook. */
export function panicked(place) {
  panicListener(place);
}
