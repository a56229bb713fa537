// What a request leaves in the memory of the module. Run by `node --test`, in its own process.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const fixture = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = function seen(module, imports) {
  const { exports } = new Instance(module, imports);
  memories.push(exports.memory);
  return { exports };
};

/** How often a text is in the memory of the modules. */
const times = (text) => memories.reduce((sum, memory) => sum + Buffer.from(memory.buffer).toString('latin1').split(text).length - 1, 0);

test('what a request leaves in memory is what the next one needs, in no freed block', async () => {
  const token = Array.from({ length: 60 }, (_, at) => `token-${at}`).join('/');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: token });
  const { handler } = await import(new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url));
  const site = { v: 1, bucket: 'private-content', region: 'eu-central-1', style: 'virtual', query: [], signing: 'sigv4' };
  // Buffers grow and move with longer paths.
  for (const length of [1, 80, 85]) {
    const event = fixture('origin-request');
    const { request } = event.Records[0].cf;
    request.origin.custom.customHeaders['x-keyfront-site'][0].value = JSON.stringify(site);
    request.uri = `/${'secret-path'.repeat(length)}`;
    const signed = await handler(event);
    assert.equal(signed.headers['x-amz-security-token'][0].value, token);
    // The credentials, with which the signing key is kept for a day, and the buffer of the canonical request.
    // A freed block begins with a link: its end would still tell.
    assert.equal(times(token.slice(-200)), 2, 'the session token');
  }
  // The search finds what is there.
  new Uint8Array(memories[0].buffer).set(Buffer.from('a needle'), memories[0].buffer.byteLength - 100);
  assert.equal(times('a needle'), 1);
});
