// The Lambda@Edge handler: copies what the edge core needs of an event into one frame (layout:
// edge/cloudfront/src/frame.rs), calls the module, applies what comes back. No rule lives here, and nothing
// is forwarded unless the module signed it: whatever is thrown becomes a 500 that no cache keeps.

import * as crypto from 'node:crypto';
import { readFileSync } from 'node:fs';

const REQUEST = 1;
const RESPONSE = 2;
const FORWARD = 3;
const ANSWER = 4;
const PASS = 5;
const POINTER = 6;
const ASK = 7;

// What the core reads values of (RELEVANT_HEADERS, RELEVANT_RESPONSE_HEADERS).
const REQUEST_VALUES =
  'accept-encoding access-control-request-method authorization content-length if-match if-modified-since if-none-match if-range if-unmodified-since origin range transfer-encoding x-amz-content-sha256'.split(' ');
const RESPONSE_VALUES =
  'cache-control content-encoding content-range content-type date vary x-amz-meta-keyfront-csp x-amz-meta-keyfront-sha256'.split(' ');

const SITE_HEADER = 'x-keyfront-site';
const FACTS_HEADER = 'x-keyfront-response';

const utf8 = new TextEncoder();

// `crypto.hash` (Node 20.12) makes no hash object, most of the cost at this size; a string of bytes costs less than a
// buffer.
const digestOf = crypto.hash
  ? (bytes) => crypto.hash('sha256', bytes, 'latin1')
  : (bytes) => crypto.createHash('sha256').update(bytes).digest('latin1');
const hexDigestOf = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** One instance of the module, with views of its memory that survive its growth. */
class Edge {
  bytes = Buffer.alloc(0);

  constructor(module) {
    const hashed = (at, length, out) => {
      this.#refresh();
      this.bytes.latin1Write(digestOf(this.bytes.subarray(at, at + length)), out, 32);
    };
    const signed = (id, idLength, secret, secretLength, digest, out) => {
      this.#refresh();
      const from = (at, length) => this.bytes.subarray(at, at + length);
      const digits = multiRegion().sign(from(id, idLength), from(secret, secretLength), from(digest, 32));
      return this.bytes.write(digits, out, 'hex');
    };
    const { exports } = new WebAssembly.Instance(module, { edge: { sha256: hashed, ecdsa: signed } });
    this.exports = exports;
    this.#refresh();
  }

  #refresh() {
    // Memory that grew leaves its old views empty, which costs less to see than `memory.buffer`.
    if (this.bytes.length !== 0) return;
    const { buffer } = this.exports.memory;
    this.bytes = Buffer.from(buffer);
    this.numbers = new DataView(buffer);
  }

  /** Sends one frame, returns what answers it. */
  ask(kind, fields) {
    const text = fields.join('');
    const table = 12 + 4 * fields.length;
    const at = this.#input(table + text.length);
    const { read, written } = utf8.encodeInto(text, this.bytes.subarray(at + table, at + table + text.length));
    // All read into as many bytes: all ASCII.
    if (read === text.length && written === text.length) {
      this.#head(at, kind, fields, (field) => field.length);
    } else {
      this.#encodeEach(kind, fields);
    }
    const answer = this.#read(this.exports.respond());
    this.exports.forget();
    return answer;
  }

  // Where a character is more than one byte, lengths are known only after encoding.
  #encodeEach(kind, fields) {
    const encoded = fields.map((field) => utf8.encode(field));
    const table = 12 + 4 * fields.length;
    const payload = Buffer.concat(encoded);
    const at = this.#input(table + payload.length);
    this.#head(at, kind, encoded, (field) => field.length);
    this.bytes.set(payload, at + table);
  }

  #input(length) {
    const at = this.exports.input(length);
    if (at === 0) throw new Error('the event is too large');
    this.#refresh();
    return at;
  }

  #head(at, kind, fields, length) {
    const { numbers } = this;
    numbers.setUint32(at, kind, true);
    numbers.setUint32(at + 4, 0, true);
    numbers.setUint32(at + 8, fields.length, true);
    for (let i = 0; i < fields.length; i += 1) numbers.setUint32(at + 12 + 4 * i, length(fields[i]), true);
  }

  #read(at) {
    this.#refresh();
    const { numbers } = this;
    const kind = numbers.getUint32(at, true);
    const keptCount = numbers.getUint32(at + 4, true);
    const kept = new Array(keptCount);
    for (let i = 0; i < keptCount; i += 1) kept[i] = numbers.getUint32(at + 8 + 4 * i, true);
    const table = at + 8 + 4 * keptCount;
    const count = numbers.getUint32(table, true);
    const payload = table + 4 + 4 * count;
    let end = 0;
    for (let i = 0; i < count; i += 1) end += numbers.getUint32(table + 4 + 4 * i, true);
    const text = this.bytes.latin1Slice(payload, payload + end);
    const fields = new Array(count);
    let start = 0;
    for (let i = 0; i < count; i += 1) {
      const next = start + numbers.getUint32(table + 4 + 4 * i, true);
      fields[i] = text.slice(start, next);
      start = next;
    }
    return { kind, kept, fields };
  }
}

/** One instance of the second module: an order (layout: edge/cloudfront/sigv4a/src/order.rs) in, a signature out. */
class MultiRegion {
  constructor(module) {
    this.exports = new WebAssembly.Instance(module).exports;
  }

  /** Hexadecimal digits; none if the module refuses. */
  sign(id, secret, digest) {
    const { exports } = this;
    const at = exports.input(36 + id.length + secret.length);
    if (at === 0) throw new Error('the credentials are too large');
    const order = Buffer.from(exports.memory.buffer, at);
    order.writeUInt32LE(id.length);
    order.set(digest, 4);
    order.set(id, 36);
    order.set(secret, 36 + id.length);
    const answer = Buffer.from(exports.memory.buffer, exports.sign());
    return answer.latin1Slice(4, 4 + answer.readUInt32LE());
  }
}

const compile = (name) => new WebAssembly.Module(readFileSync(new URL(name, import.meta.url)));

let compiled;
let instance;
let second;

/** The warm instance; a new one after a trap. */
function edge() {
  compiled ??= compile('./keyfront-edge.wasm');
  instance ??= new Edge(compiled);
  return instance;
}

/** Loaded when a site first asks for SigV4A. */
function multiRegion() {
  second ??= new MultiRegion(compile('./keyfront-sigv4a.wasm'));
  return second;
}

/** Lists in a frame are separated by newlines. */
function listed(text) {
  if (typeof text !== 'string' || text.includes('\n')) throw new Error('a header holds a line break');
  return text;
}

function valuesOf(headers, names) {
  const pairs = [];
  for (const name of names) {
    for (const { value } of headers[name] ?? []) pairs.push(name, listed(value));
  }
  return pairs.join('\n');
}

function firstOf(headers, name) {
  return headers?.[name]?.[0]?.value ?? '';
}

function without(headers, dropped) {
  const left = {};
  for (const name of Object.keys(headers)) if (name !== dropped) left[name] = headers[name];
  return left;
}

/** The headers at the kept places, the very objects CloudFront gave, and those the edge sets over them. */
function headersOf(given, names, kept, fields, from) {
  const headers = {};
  for (const place of kept) headers[names[place]] = given[names[place]];
  for (let i = from; i < fields.length; i += 2) {
    headers[fields[i]] = [{ key: fields[i], value: fields[i + 1] }];
  }
  return headers;
}

function bodyOf(body) {
  if (body === undefined || body === null) return '';
  if (body.inputTruncated) return 'truncated';
  return hexDigestOf(Buffer.from(body.data ?? '', body.encoding === 'text' ? 'utf8' : 'base64'));
}

function expiry(text) {
  const milliseconds = text ? Date.parse(text) : NaN;
  return Number.isNaN(milliseconds) ? '' : String(Math.floor(milliseconds / 1000));
}

function answered({ kept, fields }, given, names) {
  const [status, statusDescription, log, body] = fields;
  if (log !== '') console.error(log);
  const response = { status, statusDescription, headers: headersOf(given, names, kept, fields, 4) };
  // CloudFront sends on the body of a response that gets none.
  if (body !== '' || names.length) Object.assign(response, { body, bodyEncoding: 'text' });
  return response;
}

/** The execution role's credentials, as they are at this moment. */
function roleOf(env) {
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN ?? '',
    expiresAt: expiry(env.AWS_CREDENTIAL_EXPIRATION),
  };
}

/** The same request again, at its time, once the module knows what the bucket says. A lost instance is a new one. */
async function pointed(question, role, cf, now, rounds) {
  const { settle } = await import('./pointer.mjs');
  await settle(question, (answer) => edge().ask(POINTER, answer));
  return request(edge(), role, cf, now, rounds - 1);
}

/** origin-request: the request, signed, or an answer; a promise of it, if the bucket is asked something before. Twice at most: what
 *  another request asked may be too old. */
function request(one, role, cf, now = Math.floor(Date.now() / 1000), rounds = 2) {
  const { config, request: asked } = cf;
  const { headers, origin } = asked;
  const kind = origin.custom ? 'custom' : `s3:${origin.s3.authMethod ?? ''}`;
  const target = origin.custom ?? origin.s3;
  const names = Object.keys(headers);
  const reply = one.ask(REQUEST, [
    String(now),
    role.accessKeyId,
    role.secretAccessKey,
    role.sessionToken,
    role.expiresAt,
    firstOf(target.customHeaders, SITE_HEADER),
    kind,
    target.domainName + (target.path ?? ''),
    config.requestId,
    asked.method,
    asked.uri,
    asked.querystring,
    bodyOf(asked.body),
    String(names.length),
    names.join('\n'),
    valuesOf(headers, REQUEST_VALUES),
  ]);
  if (reply.kind === ANSWER) return answered(reply, {}, []);
  if (reply.kind === ASK && rounds > 0) return pointed(reply.fields, role, cf, now, rounds);
  if (reply.kind !== FORWARD) throw new Error('unexpected module reply');
  target.customHeaders = without(target.customHeaders, SITE_HEADER);
  [asked.uri, asked.querystring] = reply.fields;
  asked.headers = headersOf(headers, names, reply.kept, reply.fields, 2);
  return asked;
}

/** origin-response: what of the response a viewer may see. */
function response(one, { config, request: asked, response: given }) {
  const { headers } = given;
  const names = Object.keys(headers);
  const reply = one.ask(RESPONSE, [
    config.requestId,
    asked.method,
    asked.uri,
    asked.querystring,
    firstOf(asked.headers, 'x-amz-date'),
    firstOf(asked.headers, FACTS_HEADER),
    String(given.status),
    String(names.length),
    names.join('\n'),
    valuesOf(headers, RESPONSE_VALUES),
  ]);
  if (reply.kind === ANSWER) return answered(reply, headers, names);
  if (reply.kind !== PASS) throw new Error('unexpected module reply');
  given.headers = headersOf(headers, names, reply.kept, reply.fields, 0);
  return given;
}

/** The answer when there is nothing to ask: the event or this function is broken. */
function failed(event, error) {
  instance = undefined;
  second = undefined;
  const cf = event?.Records?.[0]?.cf;
  const id = String(cf?.config?.requestId ?? 'unknown').replace(/[^\x21-\x7e]/g, '?');
  console.error(`keyfront event-invalid request ${id}: ${error?.message}`);
  const header = (name, value) => ({ [name]: [{ key: name, value }] });
  const answer = {
    status: '500',
    statusDescription: 'Internal Server Error',
    headers: {
      ...header('content-type', 'application/problem+json'),
      ...header('cache-control', 'no-store'),
      ...header('x-content-type-options', 'nosniff'),
      ...header('x-keyfront-request-id', id),
      // Read-only for response functions.
      ...(cf?.response?.headers?.via && { via: cf.response.headers.via }),
      ...(cf?.response?.headers?.['transfer-encoding'] && {
        'transfer-encoding': cf.response.headers['transfer-encoding'],
      }),
    },
  };
  if (cf?.request?.method === 'HEAD') return answer;
  const problem = {
    type: 'urn:keyfront:event-invalid',
    title: 'the event is malformed',
    status: 500,
    code: 'event-invalid',
    request_id: id,
  };
  return { ...answer, body: JSON.stringify(problem), bodyEncoding: 'text' };
}

/**
 * Serves one made-up event of each type, so that what the first viewer would wait for is compiled while the function
 * starts. In an instance of its own, which shares the compiled code with the serving one and nothing else.
 */
function warmUp(one) {
  const header = (key, value) => [{ key, value }];
  const domainName = 'warm-up.s3.us-east-1.amazonaws.com';
  const site = '{"v":1,"bucket":"warm-up","region":"us-east-1","style":"virtual","query":[],"signing":"sigv4"}';
  const config = { requestId: 'warm-up' };
  const asked = {
    method: 'GET',
    uri: '/a%20b',
    querystring: '',
    headers: { host: header('Host', domainName), range: header('Range', 'bytes=0-1'), via: header('Via', '2.0') },
    origin: { custom: { domainName, path: '', customHeaders: { [SITE_HEADER]: header(SITE_HEADER, site) } } },
  };
  const role = { accessKeyId: 'WARMUP', secretAccessKey: 'warm-up', sessionToken: 'warm-up', expiresAt: '' };
  request(one, role, { config, request: asked });
  const headers = { date: header('Date', ''), etag: header('ETag', '"a"'), 'content-type': header('Content-Type', 'a/b') };
  response(one, { config, request: asked, response: { status: '200', headers } });
}

try {
  edge();
  // V8 has settled with the third instance, which serves (bench/first-request.mjs).
  warmUp(new Edge(compiled));
  warmUp(new Edge(compiled));
} catch {
  // Reported with the first request, which can be answered.
}

/** @param event what CloudFront sends to origin-request and origin-response functions */
export const handler = async (event) => {
  try {
    const { cf } = event.Records[0];
    switch (cf.config.eventType) {
      case 'origin-request': {
        const served = request(edge(), roleOf(process.env), cf);
        return served instanceof Promise ? await served : served;
      }
      case 'origin-response':
        return response(edge(), cf);
      default:
        throw new Error('the function is attached to an event it does not serve');
    }
  } catch (error) {
    return failed(event, error);
  }
};
