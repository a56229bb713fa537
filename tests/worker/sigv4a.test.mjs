// SigV4A by the built Worker, verified without any code of ours: key derivation by the specification, the curve and
// the signature by OpenSSL.

import assert from 'node:assert/strict';
import { createECDH, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { options } from './run.mjs';

const ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TOKEN = 'session/token+==';
const HOST = 'mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com';
const SITE = {
  v: 1,
  bucket: 'mfzwi23gnjvgw.mrap',
  region: 'us-east-1',
  style: 'virtual',
  query: ['v'],
  signing: 'sigv4a',
  region_set: '*',
};
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** The public key of an access key (SigV4A's key derivation), as OpenSSL takes it. */
function publicKey(id, secret) {
  for (let counter = 1; counter < 255; counter += 1) {
    const fixed = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(`AWS4-ECDSA-P256-SHA256\0${id}`, 'latin1'),
      Buffer.from([counter, 0, 0, 1, 0]),
    ]);
    const candidate = BigInt(`0x${createHmac('sha256', `AWS4A${secret}`).update(fixed).digest('hex')}`);
    if (candidate > ORDER - 2n) continue;
    const curve = createECDH('prime256v1');
    curve.setPrivateKey((candidate + 1n).toString(16).padStart(64, '0'), 'hex');
    const point = curve.getPublicKey();
    const text = (from, to) => point.subarray(from, to).toString('base64url');
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: text(1, 33), y: text(33, 65) }, format: 'jwk' });
  }
  throw new Error('no counter gives a key');
}

function verifies({ method, url, headers }, { secret = SECRET } = {}) {
  const [, scope, names, signature] = headers.authorization.match(
    /^AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]+)$/,
  );
  const [path, query = ''] = url.split('?');
  const canonical = [
    method,
    path,
    query,
    ...names.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const text = ['AWS4-ECDSA-P256-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  return verify('sha256', Buffer.from(text), publicKey(ID, secret), Buffer.from(signature, 'hex'));
}

let origin;
let worker;
let url;
const received = [];

before(async () => {
  origin = createServer((request, response) => {
    received.push({ method: request.method, url: request.url, headers: request.headers });
    response.end('served');
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const vars = {
    KEYFRONT_SITES: JSON.stringify({ v: 1, sites: [{ match: {}, site: SITE }] }),
    AWS_ACCESS_KEY_ID: ID,
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: TOKEN,
  };
  worker = new Miniflare(options({ vars, table: { [HOST]: `127.0.0.1:${origin.address().port}` } }));
  await worker.ready;
  url = (await worker.unsafeGetDirectURL('edge')).origin;
});

after(async () => {
  await worker?.dispose();
  origin?.close();
});

test("the Worker's multi-region signatures verify by OpenSSL", async () => {
  for (const [path, sent] of [
    ['/a%20b/c+d?v=b+c%2f&utm=1', '/a%20b/c%2Bd?v=b%20c%2F'],
    ['/%d1%84', '/%D1%84'],
    ['/a//b', '/a//b'],
  ]) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(await answer.text(), 'served');
    const request = received.at(-1);
    assert.equal(request.url, sent);
    assert.equal(request.headers.host, HOST);
    assert.equal(request.headers['x-amz-region-set'], '*');
    assert.ok(verifies(request), JSON.stringify(request));
    assert.ok(!verifies({ ...request, url: `${sent}x` }));
    assert.ok(!verifies(request, { secret: 'other' }));
  }
});
