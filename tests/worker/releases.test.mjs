// The built Worker for a site with releases, before a bucket on loopback.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { options } from './run.mjs';

const ID = 'a'.repeat(64);
const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SITE = '/private-content/.keyfront/sites';

let origin;
let worker;
let url;
let asked;
let pointer;

/** Objects say where they lie. */
function respond(request, response) {
  asked.push({ path: request.url, headers: request.headers });
  if (request.url.endsWith('/current.json')) return pointer(request, response);
  const tag = { etag: '"of the copy"', 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
  return response.writeHead(200, { ...tag, 'cache-control': 'max-age=60', 'x-amz-meta-keyfront-sha256': HASH }).end(request.url);
}

const known = (_, response) => response.writeHead(200, { etag: '"1"' }).end(`{"active":"${ID}","encoded":"css","entry":{},"v":1}`);

before(async () => {
  origin = createServer(respond);
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const endpoint = `http://127.0.0.1:${origin.address().port}`;
  const site = { v: 1, bucket: 'private-content', region: 'eu-west-1', endpoint, style: 'path', query: [], signing: 'sigv4' };
  // Each has a pointer of its own, so that no test depends on what another one left.
  const sites = ['one', 'two', 'three', 'four', 'five'].map((release) => ({
    match: { prefix: `/${release}` },
    site: { ...site, path: `${release}/`, release },
  }));
  const vars = {
    KEYFRONT_SITES: JSON.stringify({ v: 1, sites }),
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
    AWS_SESSION_TOKEN: '',
  };
  worker = new Miniflare(options({ vars }));
  await worker.ready;
  url = (await worker.unsafeGetDirectURL('edge')).origin;
});

after(async () => {
  await worker?.dispose();
  origin?.closeAllConnections();
  origin?.close();
});

beforeEach(() => {
  asked = [];
  pointer = known;
});

const pointers = () => asked.filter(({ path }) => path.endsWith('/current.json')).length;

test('the Worker serves the tree that the pointer names, and asks once for many', async () => {
  pointer = (request, response) => setTimeout(known, 100, request, response);
  const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => fetch(`${url}/one/${at}.txt`)));
  for (const [at, answer] of answers.entries()) {
    assert.equal(await answer.text(), `${SITE}/one/releases/${ID}/files/${at}.txt`);
    assert.equal(answer.headers.get('x-keyfront-release'), ID);
    assert.equal(answer.headers.get('etag'), `"${HASH}"`);
    assert.equal(answer.headers.get('last-modified'), null);
  }
  assert.equal(pointers(), 1);
});

test('the Worker compares conditions with the hash, and keeps them from the bucket', async () => {
  const status = async (headers) => (await fetch(`${url}/two/a.txt`, { headers })).status;
  assert.equal(await status({ 'if-none-match': `"${HASH}"` }), 304);
  assert.equal(await status({ 'if-none-match': '"x"' }), 200);
  assert.equal(await status({ 'if-match': `"${HASH}"` }), 200);
  assert.equal(await status({ 'if-match': '"x"' }), 412);
  assert.equal(await status({ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }), 200);
  const conditions = asked.filter(({ path }) => !path.endsWith('/current.json')).flatMap(({ headers }) => Object.keys(headers));
  assert.deepEqual(conditions.filter((name) => name.startsWith('if-')), []);
});

test('a bucket that does not answer the Worker in time is release-unknown', async () => {
  const held = [];
  pointer = (_, response) => held.push(response);
  const began = performance.now();
  const answer = await fetch(`${url}/three/a.txt`);
  const took = performance.now() - began;
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).code, 'release-unknown');
  assert.ok(took >= 450 && took < 5_000, String(took));
  for (const response of held) response.end();
});

test('the question of a viewer who left is answered for the next one', async () => {
  let release;
  pointer = (request, response) => {
    release = () => known(request, response);
  };
  const first = new AbortController();
  const left = fetch(`${url}/four/a.txt`, { signal: first.signal }).catch(() => undefined);
  while (release === undefined) await new Promise((resume) => setTimeout(resume, 5));
  first.abort();
  await left;
  const second = fetch(`${url}/four/a.txt`);
  await new Promise((resume) => setTimeout(resume, 50));
  release();
  assert.equal((await second).status, 200);
  assert.equal(pointers(), 1);
});

test('what the Worker shows of a release is its pointer and its manifest', async () => {
  const active = await fetch(`${url}/five/.well-known/keyfront/release.json`);
  assert.equal((await active.json()).active, ID);
  assert.equal(active.headers.get('cache-control'), 'max-age=5, stale-if-error=0');
  const manifest = await fetch(`${url}/five/.well-known/keyfront/manifest.json`);
  assert.equal(await manifest.text(), `${SITE}/five/releases/${ID}/manifest.json`);
});
