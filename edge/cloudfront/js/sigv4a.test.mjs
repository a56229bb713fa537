// The built bundle for sites that ask for SigV4A. OpenSSL verifies, and so agrees an SDK's signer. Run by `node --test`,
// in its own process: which files were read is part of what is tested.

import assert from 'node:assert/strict';
import fs, { existsSync, readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { beforeEach, mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { authorization, multiRegionVerifies } from './oracle.mjs';

const ROOT = new URL('../../../', import.meta.url);
const BUNDLE = new URL('dist/edge-cloudfront/index.mjs', ROOT);
assert.ok(existsSync(BUNDLE), 'there is no bundle to test: run scripts/bundle-edge first');

const read = [];
const readFile = fs.readFileSync;
fs.readFileSync = (path, ...rest) => {
  read.push(String(path).split('/').pop());
  return readFile(path, ...rest);
};
syncBuiltinESMExports();
const { handler } = await import(BUNDLE);

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TOKEN = 'IQoJb3JpZ2luX2VjE'.repeat(50);
const ALIAS = 'mfzwi23gnjvgw.mrap';
const HOST = `${ALIAS}.accesspoint.s3-global.amazonaws.com`;
const SITE = { v: 1, bucket: ALIAS, region: 'us-east-1', style: 'virtual', query: ['v'], signing: 'sigv4a', region_set: '*' };
const EVENT = JSON.parse(readFileSync(new URL('./fixtures/origin-request.json', import.meta.url), 'utf8'));
const CF_ID = EVENT.Records[0].cf.config.requestId;

function event(site = SITE, changes = {}) {
  const copy = structuredClone(EVENT);
  const { request } = copy.Records[0].cf;
  Object.assign(request, changes);
  const { custom } = request.origin;
  custom.domainName = site.signing === 'sigv4a' ? HOST : 'private-content.s3.eu-central-1.amazonaws.com';
  custom.customHeaders['x-keyfront-site'][0].value = JSON.stringify(site);
  return copy;
}

const verifies = (request, changes) => multiRegionVerifies(request, { id: ID, secret: SECRET, cfId: CF_ID, ...changes });

let logged;

beforeEach(() => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: TOKEN });
  mock.restoreAll();
  mock.method(Date, 'now', () => NOW);
  logged = [];
  mock.method(console, 'error', (line) => logged.push(line));
});

test('the second module is loaded by the first site that asks for sigv4a and by no other', async () => {
  const plain = { v: 1, bucket: 'private-content', region: 'eu-central-1', style: 'virtual', query: [], signing: 'sigv4' };
  const request = await handler(event(plain));
  assert.equal(request.headers.authorization[0].value, authorization(request, { secret: SECRET, cfId: CF_ID }));
  assert.ok(read.includes('keyfront-edge.wasm') && !read.includes('keyfront-sigv4a.wasm'), String(read));
  for (let i = 0; i < 2; i += 1) assert.ok(verifies(await handler(event())));
  assert.equal(read.filter((name) => name === 'keyfront-sigv4a.wasm').length, 1);
});

test('a multi-region read leaves signed for its region set and verifies by OpenSSL', async () => {
  for (const [uri, sent] of [['/a%20b/c+d', '/a%20b/c%2Bd'], ['/%D1%84%F0%9F%98%80', '/%D1%84%F0%9F%98%80'], ['/a//b', '/a//b']]) {
    const request = await handler(event(SITE, { uri, querystring: 'v=b+c%2f&utm=1' }));
    assert.equal(request.uri, sent);
    assert.equal(request.querystring, 'v=b%20c%2F');
    assert.equal(request.headers.host[0].value, HOST);
    assert.equal(request.headers['x-amz-region-set'][0].value, '*');
    assert.match(
      request.headers.authorization[0].value,
      /^AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE\/20260102\/s3\/aws4_request, SignedHeaders=host;x-amz-cf-id;x-amz-content-sha256;x-amz-date;x-amz-region-set;x-amz-security-token, Signature=30[0-9a-f]{134,142}$/,
    );
    assert.ok(verifies(request));
    assert.ok(!verifies({ ...request, uri: `${sent}x` }));
    assert.ok(!verifies(request, { secret: 'other' }));
  }
});

test("an SDK's signer agrees: its signature verifies over the request that leaves", async () => {
  const tools = process.env.KEYFRONT_TOOLS ?? new URL('.tools', ROOT).pathname;
  const { resolve } = createRequire(`${tools}/sigv4a/package.json`);
  const load = (name) => import(pathToFileURL(resolve(name)));
  const [{ SignatureV4a }, { Sha256 }] = await Promise.all([load('@smithy/signature-v4a'), load('@aws-crypto/sha256-js')]);
  const request = await handler(event(SITE, { uri: '/a%20b/c+d', querystring: 'v=b+c' }));
  const headers = Object.fromEntries(
    ['host', 'x-amz-content-sha256'].map((name) => [name, request.headers[name][0].value]),
  );
  const signer = new SignatureV4a({
    credentials: { accessKeyId: ID, secretAccessKey: SECRET, sessionToken: TOKEN },
    region: '*',
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
  });
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'https:',
      hostname: HOST,
      path: request.uri,
      query: { v: 'b c' },
      headers: { ...headers, 'x-amz-cf-id': CF_ID },
    },
    { signingDate: new Date(NOW) },
  );
  const bare = (text) => text.replace(/Signature=.*/, '');
  assert.equal(bare(signed.headers.authorization), bare(request.headers.authorization[0].value));
  assert.ok(verifies(request, { authorization: signed.headers.authorization }));
});

test('rotated credentials are signed with their own key', async () => {
  assert.ok(verifies(await handler(event())));
  process.env.AWS_SECRET_ACCESS_KEY = 'rotated';
  const request = await handler(event());
  assert.ok(verifies(request, { secret: 'rotated' }) && !verifies(request));
});

test('a second module that is missing or broken is a 500, and nothing leaves unsigned or reveals a secret', async () => {
  // A failure discards both instances; the next event loads the second module anew.
  await handler({});
  const { Module } = WebAssembly;
  WebAssembly.Module = function broken() {
    throw new Error('no such module');
  };
  const answer = await handler(event());
  WebAssembly.Module = Module;
  assert.equal(answer.status, '500');
  assert.equal(JSON.parse(answer.body).code, 'event-invalid');
  assert.equal(answer.headers.authorization, undefined);
  for (const line of logged) assert.ok(!line.includes(SECRET) && !line.includes(TOKEN));
  assert.ok(verifies(await handler(event())));
});

test('sites that no sigv4a signature could serve are site-invalid', async () => {
  const { region_set: _, ...without } = SITE;
  for (const site of [without, { ...SITE, region_set: '' }, { ...SITE, style: 'path' }, { ...SITE, signing: 'sigv4' }]) {
    const answer = await handler(event({ ...site, signing: site.signing }));
    assert.equal(JSON.parse(answer.body).code, 'site-invalid', JSON.stringify(site));
  }
});
