// The built bundle under what is no event. Run by `node --test`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertProblem, assertSigned, handler, header, requestEvent, responseEvent } from './events.mjs';

describe('broken events', () => {
  test('whatever is not an event is a 500 that no cache keeps', async () => {
    const viewer = requestEvent();
    viewer.Records[0].cf.config.eventType = 'viewer-request';
    const noOrigin = requestEvent();
    delete noOrigin.Records[0].cf.request.origin;
    const emptyOrigin = requestEvent();
    emptyOrigin.Records[0].cf.request.origin = {};
    const noHeaders = requestEvent();
    delete noHeaders.Records[0].cf.request.headers;
    const number = requestEvent({ request: { uri: 7 } });
    const oddStatus = responseEvent({ status: 'OK' });
    for (const event of [undefined, null, {}, { Records: [] }, viewer, noOrigin, emptyOrigin, noHeaders, oddStatus]) {
      assertProblem(await handler(event), 500, 'event-invalid');
    }
    assert.equal((await handler(number)).headers.authorization, undefined);
  });

  test('a line break in a header is refused, not read as another header', async () => {
    const headers = { origin: header('Origin', 'a\nauthorization\nBearer x') };
    assertProblem(await handler(requestEvent({ headers })), 500, 'event-invalid');
    const named = { 'a\nrange': header('a\nrange', 'x') };
    assertProblem(await handler(requestEvent({ headers: named })), 500, 'event-invalid');
  });

  test('an oversized event is refused and the next one is served', async () => {
    const uri = `/${'a'.repeat(1 << 20)}`;
    assertProblem(await handler(requestEvent({ request: { uri } })), 500, 'event-invalid');
    assertSigned(await handler(requestEvent()));
  });

  test('a hostile request id stays inside its header', async () => {
    const event = requestEvent({ site: null });
    event.Records[0].cf.config.requestId = 'a\r\nset-cookie: x"é';
    const answer = await handler(event);
    assert.match(answer.headers['x-keyfront-request-id'][0].value, /^[\x21-\x7e]+$/);
    assert.equal(JSON.parse(answer.body).request_id, 'a\r\nset-cookie: x"é');
  });
});
