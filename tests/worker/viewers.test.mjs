// What AWS's own signer for JavaScript signs, the built Worker admits: signed URLs and signed cookies, as it writes them.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { getSignedCookies, getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { Miniflare } from 'miniflare';
import { options } from './run.mjs';

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};
const KEYS = {
  K1ECDSA: generateKeyPairSync('ec', { namedCurve: 'P-256', ...encodings }),
  K2RSA: generateKeyPairSync('rsa', { modulusLength: 2048, ...encodings }),
};
const later = new Date(Date.now() + 600_000).toISOString();
const earlier = new Date(Date.now() - 600_000).toISOString();

let origin;
let worker;
let url;

before(async () => {
  origin = createServer((request, response) => response.end(request.url));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const site = {
    v: 1,
    bucket: 'private-content',
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${origin.address().port}`,
    style: 'path',
    query: ['page'],
    signing: 'sigv4',
    viewers: { prefixes: ['members/'] },
  };
  const keys = Object.entries(KEYS).map(([id, { publicKey }]) => ({ id, pem: publicKey }));
  const vars = {
    KEYFRONT_SITES: JSON.stringify({ v: 1, sites: [{ match: {}, site, viewers: { keys } }] }),
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
  origin?.close();
});

/** Each key with each hash, and each kind of policy. */
function grants(resource) {
  const all = [];
  for (const [keyPairId, { privateKey }] of Object.entries(KEYS)) {
    for (const algorithm of [undefined, 'SHA1', 'SHA256']) {
      const grant = { url: resource, keyPairId, privateKey, algorithm, dateLessThan: later };
      all.push(grant, { ...grant, dateGreaterThan: earlier }, { ...grant, ipAddress: '192.0.2.0/24' });
    }
  }
  return all;
}

const headers = { 'cf-connecting-ip': '192.0.2.7' };

test("the Worker admits what AWS's signer for JavaScript signs", async () => {
  const unsigned = await fetch(`${url}/members/a%20b.txt?page=2`);
  assert.equal(unsigned.status, 401);
  for (const grant of grants(`${url}/members/a b.txt?page=2`)) {
    const answer = await fetch(getSignedUrl(grant), { headers });
    assert.equal(await answer.text(), '/private-content/members/a%20b.txt?page=2', JSON.stringify(grant));
    const over = await fetch(getSignedUrl({ ...grant, dateLessThan: earlier, dateGreaterThan: undefined }), { headers });
    assert.equal(over.status, 401);
  }
  // In a spelling that browsers do not write.
  for (const grant of grants(`${url}/members/a+b@c.txt`)) {
    const signed = getSignedUrl(grant);
    assert.match(signed, /a%2Bb%40c/);
    const answer = await fetch(signed, { headers });
    assert.equal(await answer.text(), '/private-content/members/a%2Bb%40c.txt', signed);
  }
  for (const grant of grants(`${url}/members/a.txt`)) {
    const pairs = Object.entries(getSignedCookies(grant)).map(([name, value]) => `${name}=${value}`);
    const cookie = pairs.join('; ');
    const answer = await fetch(`${url}/members/a.txt`, { headers: { ...headers, cookie } });
    assert.equal(await answer.text(), '/private-content/members/a.txt', cookie);
    const other = await fetch(`${url}/members/b.txt`, { headers: { ...headers, cookie } });
    assert.equal(other.status, 403);
  }
});
