// The built bundle under origin responses. Run by `node --test`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { DISALLOWED, assertProblem, handler, header, responseEvent } from './events.mjs';

describe('origin-response', () => {
  test('a recorded event leaves as exactly the cleaned response', async () => {
    const event = responseEvent();
    const given = structuredClone(event.Records[0].cf.response);
    const kept = ['date', 'via', 'etag', 'last-modified', 'accept-ranges', 'content-type', 'content-length', 'x-amz-meta-title'];
    assert.deepEqual(await handler(event), {
      status: '200',
      statusDescription: 'OK',
      headers: {
        ...Object.fromEntries(kept.map((name) => [name, given.headers[name]])),
        'x-content-type-options': header('x-content-type-options', 'nosniff'),
        'cache-control': header('cache-control', 'stale-if-error=0'),
      },
    });
  });

  test('errors of the bucket are answered by their cause', async () => {
    for (const [status, expected, code] of [
      ['403', 502, 'origin-denied'],
      ['404', 404, 'not-found'],
      ['400', 502, 'origin-denied'],
      ['301', 502, 'origin-failed'],
      ['500', 502, 'origin-failed'],
      ['503', 503, 'throttled'],
    ]) {
      const answer = await handler(responseEvent({ status }));
      assertProblem(answer, expected, code);
      assert.deepEqual(answer.headers.via, header('Via', '1.1 origin'));
      for (const name of ['content-length', 'etag', 'server', 'x-amz-version-id']) {
        assert.equal(answer.headers[name], undefined, name);
      }
    }
  });

  test('a 403 with clocks apart is clock-skew', async () => {
    const headers = { date: header('Date', 'Fri, 02 Jan 2026 04:04:05 GMT') };
    assertProblem(await handler(responseEvent({ status: '403', headers })), 502, 'clock-skew');
  });

  test('denied_as_missing arrives with the request', async () => {
    assertProblem(await handler(responseEvent({ status: '403', facts: 'v1 bucket missing unruled' })), 404, 'not-found');
  });

  test('without facts the strictest rules hold', async () => {
    const headers = { 'content-type': header('Content-Type', 'application/problem+json') };
    for (const facts of [null, 'nonsense']) {
      assertProblem(await handler(responseEvent({ status: '403', facts, headers })), 502, 'origin-denied');
    }
  });

  test('412 and 416 stand without the body of S3', async () => {
    for (const status of ['412', '416']) {
      const headers = { 'content-range': header('Content-Range', 'bytes */9593') };
      const answer = await handler(responseEvent({ status, headers }));
      assert.equal(answer.status, status);
      assert.equal(JSON.parse(answer.body).type, 'about:blank');
      assert.equal(answer.headers['content-range'][0].value, 'bytes */9593');
      assert.equal(answer.headers['cache-control'][0].value, 'no-store');
    }
    const head = await handler(responseEvent({ status: '416', method: 'HEAD' }));
    assert.equal(head.body, '');
  });

  test('the viewer of a missing folder is sent to it, without the body of S3', async () => {
    const answer = await handler(responseEvent({ status: '404', facts: 'v1 bucket denied unruled 6-0:/site/', uri: '/bucket/a/d%C3%B6c', querystring: 'v=1' }));
    assert.equal(answer.status, '302');
    assert.equal(answer.headers.location[0].value, '/site/a/d%C3%B6c/?v=1');
    assert.equal(answer.headers['cache-control'][0].value, 'no-store');
    // An absent one would be S3's.
    assert.equal(answer.body, '');
  });

  test('304 and 206 pass', async () => {
    for (const status of ['206', '304']) {
      const response = await handler(responseEvent({ status }));
      assert.equal(response.status, status);
      assert.equal(response.body, undefined);
      assert.equal(response.headers.server, undefined);
    }
  });

  test('cross-origin headers are those granted with the request', async () => {
    const response = await handler(responseEvent({ facts: 'v1 bucket denied https://app.example' }));
    assert.equal(response.headers['access-control-allow-origin'][0].value, 'https://app.example');
    assert.equal(response.headers.vary[0].value, 'origin');
  });

  test('problems of our own functions pass uncached', async () => {
    const headers = {
      'content-type': header('Content-Type', 'application/problem+json'),
      'x-amzn-requestid': header('x-amzn-RequestId', 'r'),
    };
    const response = await handler(responseEvent({ status: '403', facts: 'v1 publish denied unruled', headers }));
    assert.equal(response.status, '403');
    assert.equal(response.body, undefined);
    assert.equal(response.headers['cache-control'][0].value, 'no-store');
    assert.equal(response.headers['x-amzn-requestid'], undefined);
  });

  test('responses hold no disallowed header', async () => {
    for (const status of ['200', '403', '404', '416']) {
      const { headers } = await handler(responseEvent({ status }));
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, DISALLOWED);
    }
  });
});
