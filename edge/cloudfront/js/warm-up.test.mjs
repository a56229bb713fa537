// What loading the handler does before the first event, and that nothing of it is left. Run by `node --test`, in its
// own process.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mock, test } from 'node:test';

const fixture = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

/** Calls of `respond`, by instance. */
const calls = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = function counted(module, imports) {
  const { exports } = new Instance(module, imports);
  const place = calls.push(0) - 1;
  const respond = () => {
    calls[place] += 1;
    return exports.respond();
  };
  return { exports: { ...exports, respond } };
};

test('loading serves made-up events of each type and leaves neither a log line nor state', async () => {
  const log = mock.method(console, 'error', () => {});
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete process.env[name];
  const { handler } = await import(new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url));
  assert.equal(log.mock.callCount(), 0);
  assert.deepEqual(calls, [0, 2, 2], 'the serving instance has seen nothing, the others both types');

  const event = () => {
    const made = fixture('origin-request');
    const site = { v: 1, bucket: 'private-content', region: 'eu-central-1', style: 'virtual', query: [], signing: 'sigv4' };
    made.Records[0].cf.request.origin.custom.customHeaders['x-keyfront-site'][0].value = JSON.stringify(site);
    return made;
  };
  const refused = await handler(event());
  assert.equal(JSON.parse(refused.body).code, 'credentials-missing');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' });
  const signed = await handler(event());
  assert.match(signed.headers.authorization[0].value, /Credential=ASIAEXAMPLE\//);
  assert.equal(signed.headers['x-amz-security-token'][0].value, 't');
  assert.deepEqual(calls, [2, 2, 2]);
});
