// The built bundle under credentials and clocks. Run by `node --test`.

import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';

import { NOW, SECRET, assertProblem, assertSigned, handler, logged, requestEvent } from './events.mjs';

describe('credentials', () => {
  test('missing credentials are 503 and nothing is forwarded', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
      const value = process.env[name];
      delete process.env[name];
      assertProblem(await handler(requestEvent()), 503, 'credentials-missing');
      process.env[name] = value;
    }
    assertSigned(await handler(requestEvent()));
  });

  test('expired credentials are 503', async () => {
    process.env.AWS_CREDENTIAL_EXPIRATION = '2026-01-02T03:04:05Z';
    assertProblem(await handler(requestEvent()), 503, 'credentials-expired');
    process.env.AWS_CREDENTIAL_EXPIRATION = '2026-01-02T03:04:06Z';
    assertSigned(await handler(requestEvent()));
  });

  test('credentials are read on every invocation', async () => {
    await handler(requestEvent());
    process.env.AWS_SECRET_ACCESS_KEY = 'rotated';
    process.env.AWS_SESSION_TOKEN = 'rotated-token';
    const request = await handler(requestEvent());
    assert.equal(request.headers['x-amz-security-token'][0].value, 'rotated-token');
    assertSigned(request, { secret: 'rotated' });
  });

  test('the clock is read on every invocation', async () => {
    await handler(requestEvent());
    mock.restoreAll();
    mock.method(Date, 'now', () => NOW + 86_400_000);
    const request = await handler(requestEvent());
    assert.equal(request.headers['x-amz-date'][0].value, '20260103T030405Z');
    assertSigned(request);
  });

  test('no log line holds a secret', async () => {
    process.env.AWS_SESSION_TOKEN = 'to ken\n';
    await handler(requestEvent());
    await handler(requestEvent({ site: '{' }));
    await handler({});
    assert.ok(logged.length >= 3);
    for (const line of logged) assert.ok(!line.includes(SECRET) && !line.includes('to ken'), line);
  });
});
