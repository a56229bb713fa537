// The built Worker for a site with releases, before a bucket on loopback.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Miniflare } from 'miniflare';
import { options } from './run.mjs';

const ID = 'a'.repeat(64);
const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SITE = '/private-content/.keyfront/sites';

let origin;
let worker;
let url;
/** Where the runtime says of a request what Cloudflare says of it. */
let network;
let asked;
let pointer;

/** What the coding of a tree makes of a text. */
const CODED = {
  br: (text) => brotliCompressSync(text),
  gzip: (text) => gzipSync(text),
};

/** Objects say where they lie. */
function respond(request, response) {
  const { url: path } = request;
  asked.push({ path, headers: request.headers });
  if (path.endsWith('/current.json')) return pointer(request, response);
  if (path.endsWith('missing')) return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  const [, coding] = path.match(`/${ID}/([a-z]+)/`) ?? [];
  const coded = CODED[coding];
  return response
    .writeHead(200, {
      etag: '"of the copy"',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'cache-control': 'max-age=60',
      'x-amz-meta-keyfront-sha256': HASH,
      ...(coded && { 'content-encoding': coding, 'content-type': 'text/css' }),
    })
    .end(coded ? coded(path) : path);
}

const pointerTo = (id, entry = '') => `{"active":"${id}","encoded":"css","entry":{${entry}},"v":1}`;
const replies = (text) => (_, response) => response.writeHead(200, { etag: '"1"' }).end(text);
const known = replies(pointerTo(ID));

/** A pointer of so many bytes. */
function long(bytes) {
  const entry = '"by":""';
  return pointerTo(ID, `"by":"${'x'.repeat(bytes - pointerTo(ID, entry).length)}"`);
}

const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

before(async () => {
  origin = createServer(respond);
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const endpoint = `http://127.0.0.1:${origin.address().port}`;
  const site = { v: 1, bucket: 'private-content', region: 'eu-west-1', endpoint, style: 'path', query: [], signing: 'sigv4' };
  // Each has a pointer of its own, so that no test depends on what another one left.
  const names = ['one', 'two', 'three', 'four', 'five', 'far', 'late', 'coded', 'page', 'long', 'longer'];
  const sites = names.map((release) => ({
    match: { prefix: `/${release}` },
    site: { ...site, path: `${release}/`, release, not_found: '404.html' },
  }));
  const vars = {
    KEYFRONT_SITES: JSON.stringify({ v: 1, sites }),
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
    AWS_SESSION_TOKEN: '',
  };
  worker = new Miniflare(options({ vars }));
  network = (await worker.ready).origin;
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

test('a bucket that does not answer the Worker at all is release-unknown', async () => {
  const held = [];
  pointer = (_, response) => held.push(response);
  const began = performance.now();
  const answer = await fetch(`${url}/three/a.txt`);
  const took = performance.now() - began;
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).code, 'release-unknown');
  assert.ok(took >= 2_900 && took < 6_000, String(took));
  assert.equal(pointers(), 1);
  for (const response of held) response.end();
});

test('the Worker waits for a bucket that is far away where nothing is known', async () => {
  pointer = (request, response) => setTimeout(known, 900, request, response);
  assert.equal((await fetch(`${url}/far/a.txt`)).status, 200);
});

test('the Worker serves what it knows after half a second, and hears the late answer', async () => {
  assert.equal((await fetch(`${url}/late/a.txt`)).headers.get('x-keyfront-release'), ID);
  // The runtime's clock cannot be moved.
  await pause(6_000);
  const next = 'b'.repeat(64);
  pointer = (request, response) => setTimeout(replies(pointerTo(next)), 1_500, request, response);
  const began = performance.now();
  const stale = await fetch(`${url}/late/a.txt`);
  const took = performance.now() - began;
  assert.ok(took >= 450 && took < 1_400, String(took));
  assert.equal(stale.headers.get('x-keyfront-release'), ID);
  assert.match(stale.headers.get('x-keyfront-release-age'), /^[5-9]$/);
  assert.equal(stale.headers.get('cache-control'), 'no-store');
  let release = ID;
  while (release === ID && performance.now() - began < 4_000) {
    await pause(50);
    release = (await fetch(`${url}/late/a.txt`)).headers.get('x-keyfront-release');
  }
  assert.equal(release, next);
  assert.equal(pointers(), 2);
});

test('the Worker reads a pointer of 64 KB and none that is longer', async () => {
  pointer = replies(long(65_536));
  assert.equal((await fetch(`${url}/long/a.txt`)).status, 200);
  pointer = replies(long(65_537));
  assert.equal((await fetch(`${url}/longer/a.txt`)).status, 503);
});

test('the Worker chooses the coding by what the viewer accepts, not by what Cloudflare does', async () => {
  const seen = async (base, accepts) => {
    const [answer] = await once(get(`${base}/coded/a.css`, { headers: { ...(accepts && { 'accept-encoding': accepts }) } }), 'response');
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return [answer.headers['content-encoding'], answer.headers.vary, Buffer.concat(chunks)];
  };
  const stored = (tree) => Buffer.from((CODED[tree] ?? String)(`${SITE}/coded/releases/${ID}/${tree}/a.css`));
  for (const [accepts, tree] of [['gzip', 'gzip'], ['br', 'br'], ['br, gzip', 'br'], ['identity', 'files'], ['br;q=0, gzip', 'gzip'], [undefined, 'files']]) {
    const coding = tree === 'files' ? undefined : tree;
    assert.deepEqual(await seen(network, accepts), [coding, 'accept-encoding', stored(tree)], accepts);
    // Where nothing was replaced, the header counts.
    assert.deepEqual(await seen(url, accepts), [coding, 'accept-encoding', stored(tree)], accepts);
  }
});

test('the page of a 404 is shown although the pointer has to be asked for, and whatever the viewer has of it', async () => {
  const page = `${SITE}/page/releases/${ID}/files/404.html`;
  for (const [path, headers] of [
    // Refused before anybody asks.
    ['.keyfront/a', {}],
    ['missing', {}],
    ['missing', { 'if-none-match': `"${HASH}"` }],
    ['missing', { 'if-match': '"x"' }],
  ]) {
    const answer = await fetch(`${url}/page/${path}`, { headers });
    assert.deepEqual([answer.status, await answer.text()], [404, page], `${path} ${JSON.stringify(headers)}`);
    assert.equal(answer.headers.get('etag'), null);
  }
  assert.equal(pointers(), 1);
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
