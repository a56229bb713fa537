// The built bundle under requests to our own functions. Run by `node --test`.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';

import { EMPTY, FUNCTIONS, SITE, assertProblem, assertSigned, handler, header, publishEvent, requestEvent } from './events.mjs';

describe('publish', () => {
  const body = (data, changes = {}) => ({ action: 'read-only', encoding: 'base64', inputTruncated: false, data, ...changes });
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const bearer = { authorization: header('Authorization', 'Bearer own') };

  test('an included body is signed by its hash and the prefix is stripped', async () => {
    const data = Buffer.from('hello\x00').toString('base64');
    const event = publishEvent({ uri: '/_publish/objects/a+b', querystring: 'overwrite=true', body: body(data) }, bearer);
    const given = structuredClone(event.Records[0].cf.request.body);
    const request = await handler(event);
    assert.equal(request.uri, '/objects/a%2Bb');
    assert.equal(request.querystring, 'overwrite=true');
    assert.equal(request.headers['x-amz-content-sha256'][0].value, sha256('hello\x00'));
    assert.match(request.headers.authorization[0].value, /\/eu-west-1\/lambda\/aws4_request/);
    assert.deepEqual(request.body, given);
    assertSigned(request);
  });

  test('an empty body and an absent one are signed as empty', async () => {
    for (const given of [body(''), undefined]) {
      const request = await handler(publishEvent({ method: 'DELETE', body: given }, bearer));
      assert.equal(request.headers['x-amz-content-sha256'][0].value, EMPTY);
      assertSigned(request);
    }
  });

  test('a truncated body is too large unless the publisher names its hash', async () => {
    const truncated = body('AAAA', { inputTruncated: true });
    assertProblem(await handler(publishEvent({ body: truncated }, bearer)), 413, 'body-too-large');
    const named = { ...bearer, 'x-amz-content-sha256': header('x-amz-content-sha256', sha256('big')) };
    const request = await handler(publishEvent({ body: truncated }, named));
    assert.equal(request.headers['x-amz-content-sha256'][0].value, sha256('big'));
    assertSigned(request);
  });

  test('a body that is not included in the event is too large', async () => {
    const headers = { ...bearer, 'content-length': header('Content-Length', '5') };
    assertProblem(await handler(publishEvent({}, headers)), 413, 'body-too-large');
  });

  test('authorization moves to x-keyfront-authorization and a forged one is dropped', async () => {
    const forged = { 'x-keyfront-authorization': header('x-keyfront-authorization', 'Bearer forged') };
    const request = await handler(publishEvent({}, { ...forged, ...bearer }));
    assert.equal(request.headers['x-keyfront-authorization'][0].value, 'Bearer own');
    assertProblem(await handler(publishEvent({}, forged)), 401, 'unauthenticated');
  });

  test('the reader is signed for lambda', async () => {
    const site = { ...SITE, ...FUNCTIONS };
    const request = await handler(
      requestEvent({ site, origin: { domainName: FUNCTIONS.reader.host }, request: { uri: '/private/a%20b//c' } }),
    );
    assert.equal(request.uri, '/read/private/a%20b//c');
    assert.equal(request.headers.host[0].value, FUNCTIONS.reader.host);
    assertSigned(request);
  });
});
