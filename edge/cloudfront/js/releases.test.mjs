// The built bundle for a site with releases, before a bucket on loopback that answers for the pointer. Run by `node --test`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { after, before, beforeEach, mock, test } from 'node:test';

const BUNDLE = new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url);
const HOST = 'private-content.s3.eu-central-1.amazonaws.com';
const ID = { a: 'a'.repeat(64), b: 'b'.repeat(64) };
const TREE = '/.keyfront/sites/docs/releases/';
const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const fixture = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const header = (key, value) => [{ key, value }];
const pointer = (id) => `{"active":"${id}","encoded":"css html","entry":{"by":"é"},"v":1}`;
/** A pointer of so many bytes. */
const long = (bytes) => {
  const [start, end] = pointer(ID.a).split('é');
  return `${start}${'x'.repeat(bytes - start.length - end.length)}${end}`;
};
const PROMISED = Symbol('promised');

let bucket;
let asked;
let dialled;
let answer;
let logged;
let now = Date.UTC(2026, 0, 2, 3, 4, 5);

// What goes to the bucket goes to this server instead.
const given = https.request;
https.request = ({ host, port, agent: _, ...options }, answered) => {
  dialled.push([host, port]);
  return http.request({ ...options, host: '127.0.0.1', port: bucket.address().port, agent: new http.Agent({ keepAlive: true }) }, answered);
};
syncBuiltinESMExports();

before(async () => {
  bucket = http.createServer((request, response) => {
    asked.push({ path: request.url, headers: request.headers });
    answer(request, response);
  });
  bucket.listen(0, '127.0.0.1');
  await once(bucket, 'listening');
});

after(() => {
  https.request = given;
  syncBuiltinESMExports();
  bucket.closeAllConnections();
  bucket.close();
});

let instances = 0;

/** A handler that has seen nothing. */
async function fresh() {
  const { handler } = await import(`${BUNDLE}?releases=${(instances += 1)}`);
  return handler;
}

const replies = (id, etag = '"1"') => (request, response) => {
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
  return response.writeHead(200, { etag }).end(pointer(id));
};

beforeEach(() => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' });
  mock.restoreAll();
  mock.method(Date, 'now', () => now);
  logged = [];
  mock.method(console, 'error', (line) => logged.push(line));
  asked = [];
  dialled = [];
  answer = replies(ID.a);
});

function event(uri = '/a.png', headers = {}, options = {}) {
  const made = fixture('origin-request');
  const { request } = made.Records[0].cf;
  Object.assign(request, { uri });
  Object.assign(request.headers, headers);
  const site = { v: 1, bucket: 'private-content', region: 'eu-central-1', style: 'virtual', query: [], signing: 'sigv4', release: 'docs', ...options };
  request.origin.custom.customHeaders['x-keyfront-site'][0].value = JSON.stringify(site);
  return made;
}

const release = (request) => request.uri.slice(TREE.length, TREE.length + 1);

test('the pointer is asked for once in five seconds, on the condition that it changed', async () => {
  const handler = await fresh();
  const request = await handler(event('/docs/a.css', { 'accept-encoding': header('Accept-Encoding', 'br,gzip') }));
  assert.equal(request.uri, `${TREE}${ID.a}/br/docs/a.css`);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].path, '/.keyfront/sites/docs/current.json');
  assert.equal(asked[0].headers.host, HOST);
  assert.match(asked[0].headers.authorization, /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/.*SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/);
  assert.equal(asked[0].headers['if-none-match'], undefined);
  now += 4_000;
  await handler(event());
  assert.equal(asked.length, 1);
  now += 1_000;
  assert.equal(release(await handler(event())), 'a');
  assert.equal(asked.length, 2);
  assert.equal(asked[1].headers['if-none-match'], '"1"');
  now += 5_000;
  answer = replies(ID.b, '"2"');
  assert.equal(release(await handler(event())), 'b');
});

test('requests of one moment ask the pointer once', async () => {
  const handler = await fresh();
  answer = (request, response) => setTimeout(replies(ID.a), 50, request, response);
  const requests = await Promise.all(Array.from({ length: 20 }, () => handler(event())));
  assert.deepEqual(requests.map(release), Array(20).fill('a'));
  assert.equal(asked.length, 1);
});

test('a bucket that does not answer within half a second leaves the last known release, which is not kept', async () => {
  const handler = await fresh();
  await handler(event());
  now += 60_000;
  const held = [];
  answer = (request, response) => held.push([request, response]);
  const began = performance.now();
  const request = await handler(event());
  const took = performance.now() - began;
  assert.ok(took >= 450 && took < 3_000, String(took));
  assert.equal(release(request), 'a');
  assert.equal(logged.length, 1);
  assert.match(logged[0], /^keyfront release-unknown private-content\.s3\S*current\.json: no answer within 500 ms$/);
  // The next request does not wait again.
  assert.equal(release(await handler(event())), 'a');
  assert.equal(asked.length, 2);
  const made = fixture('origin-response');
  const { cf } = made.Records[0];
  Object.assign(cf.request, request);
  cf.response.headers['cache-control'] = header('Cache-Control', 'max-age=60');
  const { headers } = await handler(made);
  assert.equal(headers['x-keyfront-release-age'][0].value, '60');
  assert.equal(headers['cache-control'][0].value, 'no-store');
  // The question went on: its answer, when it comes, is the next request's.
  for (const [request, response] of held) replies(ID.b, '"2"')(request, response);
  let active = 'a';
  while (active === 'a' && performance.now() - began < 2_500) {
    await new Promise((resume) => setTimeout(resume, 10));
    active = release(await handler(event()));
  }
  assert.equal(active, 'b');
  assert.equal(asked.length, 2);
});

test('a bucket that is far away is waited for where nothing recent is known', async () => {
  const handler = await fresh();
  const slow = (id) => (request, response) => setTimeout(replies(id), 800, request, response);
  answer = slow(ID.a);
  assert.equal(release(await handler(event())), 'a');
  now += 61_000;
  answer = slow(ID.b);
  assert.equal(release(await handler(event())), 'b');
  assert.deepEqual(logged, []);
});

test('a bucket that never answers is waited for three seconds, once', async () => {
  const handler = await fresh();
  const held = [];
  answer = (_, response) => held.push(response);
  const began = performance.now();
  const refused = await Promise.all([handler(event()), handler(event())]);
  const took = performance.now() - began;
  assert.ok(took >= 2_900 && took < 5_000, String(took));
  refused.push(await handler(event()));
  assert.deepEqual(refused.map(({ status }) => status), ['503', '503', '503']);
  assert.equal(asked.length, 1);
  // A question that failed is asked anew.
  now += 2_000;
  answer = replies(ID.a);
  assert.equal(release(await handler(event())), 'a');
  held.forEach((response) => response.destroy());
});

test('a request is served as of when it came, and asks by itself where another one asked too long ago', async () => {
  const handler = await fresh();
  let reply;
  answer = (request, response) => (reply = () => replies(ID.a)(request, response));
  const asking = async () => {
    while (reply === undefined) await new Promise((resume) => setTimeout(resume, 5));
  };
  const first = handler(event());
  await asking();
  now += 6_000;
  // Waits for an answer that is too old for it.
  const second = handler(event());
  await new Promise((resume) => setTimeout(resume, 20));
  answer = replies(ID.b, '"2"');
  reply();
  assert.deepEqual([release(await first), release(await second)], ['a', 'b']);
  assert.equal(asked.length, 2);
});

test('the port of a bucket is asked', async () => {
  const handler = await fresh();
  const made = event('/a.png', {}, { endpoint: 'https://s3.example:8443', style: 'path' });
  Object.assign(made.Records[0].cf.request.origin.custom, { domainName: 's3.example' });
  const request = await handler(made);
  assert.equal(request.uri, `/private-content${TREE}${ID.a}/files/a.png`);
  assert.deepEqual(dialled, [['s3.example', '8443']]);
  assert.equal(asked[0].headers.host, 's3.example:8443');
});

test('without a pointer nothing is served', async () => {
  for (const broken of [
    (_, response) => response.writeHead(404).end('<Error/>'),
    (_, response) => response.writeHead(200).end(pointer(ID.a).slice(1)),
    (_, response) => response.writeHead(200).end(long(65_537)),
    (_, response) => response.socket.destroy(),
    (_, response) => response.writeHead(200, { 'content-length': '999' }).write('{', () => response.socket.destroy()),
  ]) {
    answer = broken;
    const handler = await fresh();
    const refused = await handler(event());
    assert.equal(refused.status, '503', JSON.stringify(refused));
    assert.equal(JSON.parse(refused.body).code, 'release-unknown');
    assert.equal(refused.headers['cache-control'][0].value, 'no-store');
    assert.equal(refused.headers['retry-after'][0].value, '2');
  }
  answer = (_, response) => response.writeHead(200).end(long(65_536));
  const handler = await fresh();
  assert.equal(release(await handler(event())), 'a');
});

test('a kept connection that the bucket closed meanwhile is no failure', async () => {
  const handler = await fresh();
  await handler(event());
  bucket.closeAllConnections();
  now += 5_000;
  assert.equal(release(await handler(event())), 'a');
  assert.deepEqual(logged, []);
});

test('what the bucket knows under another tag is compared with its hash, and nothing read-only is taken off', async () => {
  const handler = await fresh();
  const conditions = {
    'if-match': header('If-Match', `"${HASH}"`),
    'if-none-match': header('If-None-Match', '"x"'),
    'if-range': header('If-Range', '"x"'),
    range: header('Range', 'bytes=0-1'),
  };
  const request = await handler(event('/a.css', conditions));
  assert.deepEqual([request.headers['if-match'], request.headers.range], [undefined, undefined]);
  assert.ok(request.headers['if-none-match'] && request.headers['if-range']);
  const answered = (hash) => {
    const made = fixture('origin-response');
    const { cf } = made.Records[0];
    Object.assign(cf.request, structuredClone(request));
    cf.response.headers['x-amz-meta-keyfront-sha256'] = header('x-amz-meta-keyfront-sha256', hash);
    cf.response.headers['x-amz-meta-keyfront-csp'] = header('x-amz-meta-keyfront-csp', "default-src 'self'");
    return handler(made);
  };
  const { status, headers } = await answered(HASH);
  assert.equal(status, '200');
  const values = Object.fromEntries(Object.entries(headers).map(([name, [{ value }]]) => [name, value]));
  assert.equal(values.etag, `"${HASH}"`);
  assert.equal(values['repr-digest'], 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:');
  assert.equal(values['x-keyfront-release'], ID.a);
  assert.equal(values['content-security-policy'], "default-src 'self'");
  assert.equal(values.vary, 'accept-encoding');
  assert.equal(values['last-modified'], undefined);
  assert.equal(values['x-amz-meta-keyfront-sha256'], undefined);
  assert.equal((await answered('0'.repeat(64))).status, '412');
});

test('a site without releases waits for nothing and loads nothing for it', async () => {
  const handler = await fresh();
  let settled = PROMISED;
  handler(event('/a', {}, { release: null })).then((request) => (settled = request));
  // As many turns as an async function needs that awaits nothing.
  await null;
  assert.notEqual(settled, PROMISED);
  assert.equal(settled.uri, '/a');
  assert.deepEqual(asked, []);
});
