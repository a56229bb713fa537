// A Worker on aws4fetch with the features ours has on this route, written for this benchmark: methods, keys decoded and
// encoded once, dot segments and subresources refused, listed queries only, headers passed by list both ways, errors
// as problem details.

import { AwsClient } from 'aws4fetch';

const PASSED = ['accept', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range', 'user-agent'];
const SHOWN = [
  'accept-ranges', 'age', 'cache-control', 'content-disposition', 'content-encoding', 'content-language',
  'content-length', 'content-range', 'content-type', 'date', 'etag', 'expires', 'last-modified', 'link',
];
const SUBRESOURCES = new Set(['acl', 'cors', 'policy', 'tagging', 'torrent', 'uploads', 'versionid', 'versions', 'website']);
const LISTED = new Set(['v']);

const encoded = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

let client;
let known;

/** Rotated credentials are used with the next request, as ours are. */
function clientOf(env) {
  const name = `${env.AWS_ACCESS_KEY_ID}\n${env.AWS_SECRET_ACCESS_KEY}\n${env.AWS_SESSION_TOKEN}`;
  if (name !== known) {
    client = new AwsClient({
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN,
      service: 's3',
      region: 'eu-west-1',
      retries: 0,
    });
    known = name;
  }
  return client;
}

function problem(status, code) {
  const body = JSON.stringify({ type: `urn:peer:${code}`, title: code, status, code });
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
}

function keyOf(path) {
  try {
    const key = decodeURIComponent(path);
    if (key.length > 1024 || key.split('/').some((segment) => segment === '.' || segment === '..')) return undefined;
    return key;
  } catch {
    return undefined;
  }
}

function queryOf(text) {
  const listed = [];
  for (const [name, value] of new URLSearchParams(text)) {
    if (SUBRESOURCES.has(name.toLowerCase()) || name.toLowerCase().startsWith('x-amz-')) return undefined;
    if (LISTED.has(name)) listed.push(`${encoded(name)}=${encoded(value)}`);
  }
  return listed.sort().join('&');
}

export default {
  async fetch(request, env) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'method-not-allowed');
    const target = request.url.slice(request.url.indexOf('/', 8));
    const [path, search = ''] = target.split('?', 2);
    const key = keyOf(path);
    const query = queryOf(search);
    if (key === undefined) return problem(400, 'path-invalid');
    if (query === undefined) return problem(400, 'query-refused');
    const headers = new Headers();
    for (const name of PASSED) if (request.headers.has(name)) headers.set(name, request.headers.get(name));
    const url = `${env.ORIGIN}/bench-bucket${key.split('/').map(encoded).join('/')}${query && `?${query}`}`;
    const signed = await clientOf(env).sign(url, { method: request.method, headers });
    const answer = await fetch(signed, { redirect: 'manual' });
    if (answer.status >= 400) return problem(502, 'origin-denied');
    const shown = new Headers({ 'x-content-type-options': 'nosniff' });
    for (const name of SHOWN) if (answer.headers.has(name)) shown.set(name, answer.headers.get(name));
    return new Response(answer.body, { status: answer.status, headers: shown });
  },
};
