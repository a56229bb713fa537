// Where Node has no `crypto.hash` (before 20.12), the handler signs the same. Run by `node --test`, in its own process.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';

import { authorization } from './oracle.mjs';

test('without crypto.hash the signature is the same', async () => {
  crypto.hash = undefined;
  syncBuiltinESMExports();
  const { handler } = await import(new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url));
  const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: 't' });
  const event = JSON.parse(readFileSync(new URL('./fixtures/origin-request.json', import.meta.url), 'utf8'));
  const { config, request } = event.Records[0].cf;
  const site = { v: 1, bucket: 'private-content', region: 'eu-central-1', style: 'virtual', query: [], signing: 'sigv4' };
  request.origin.custom.customHeaders['x-keyfront-site'][0].value = JSON.stringify(site);
  const signed = await handler(event);
  assert.equal(signed.headers.authorization[0].value, authorization(signed, { secret, cfId: config.requestId }));
});
