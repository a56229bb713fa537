// The built bundle under origin requests. Run by `node --test`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  DISALLOWED,
  EMPTY,
  HOST,
  ID,
  READ_ONLY,
  SITE,
  TOKEN,
  assertProblem,
  assertSigned,
  handler,
  header,
  logged,
  publishEvent,
  requestEvent,
  s3Event,
} from './events.mjs';

describe('origin-request', () => {
  test('a recorded event leaves as exactly the signed request', async () => {
    const event = requestEvent();
    const given = structuredClone(event.Records[0].cf.request);
    const request = await handler(event);
    const { authorization: signature } = request.headers;
    const { 'x-keyfront-site': _, ...customHeaders } = given.origin.custom.customHeaders;
    assert.deepEqual(request, {
      ...given,
      headers: {
        'x-forwarded-for': given.headers['x-forwarded-for'],
        'user-agent': given.headers['user-agent'],
        via: given.headers.via,
        host: header('host', HOST),
        authorization: signature,
        'x-amz-date': header('x-amz-date', '20260102T030405Z'),
        'x-amz-content-sha256': header('x-amz-content-sha256', EMPTY),
        'x-amz-security-token': header('x-amz-security-token', TOKEN),
        'x-keyfront-response': header('x-keyfront-response', 'v1 bucket denied unruled'),
      },
      origin: { custom: { ...given.origin.custom, customHeaders } },
    });
    assert.match(
      signature[0].value,
      /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/20260102\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;x-amz-cf-id;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    assertSigned(request);
  });

  test('every nasty path leaves strictly encoded and verifies', async () => {
    for (const [uri, sent] of [
      ['/a%20b/c+d', '/a%20b/c%2Bd'],
      ['/%D1%84%F0%9F%98%80', '/%D1%84%F0%9F%98%80'],
      ['/ф😀', '/%D1%84%F0%9F%98%80'],
      ["/a!*'()~", '/a%21%2A%27%28%29~'],
      ['/%7e%61%2f%2Fb', '/~a//b'],
      ['/100%25', '/100%25'],
      ['/%2541', '/%2541'],
      ['/a//b/', '/a//b/'],
      ['/=&;:@$,', '/%3D%26%3B%3A%40%24%2C'],
      [`/${'a'.repeat(1024)}`, `/${'a'.repeat(1024)}`],
    ]) {
      const site = { ...SITE, spelling: 'accept' };
      const request = await handler(requestEvent({ site, request: { uri } }));
      assert.equal(request.uri, sent);
      assertSigned(request);
    }
  });

  test('another spelling than the one that is kept is redirected to it', async () => {
    for (const [uri, kept] of [
      ['/%61', '/a'],
      ['/a%2Bb', '/a+b'],
      ['/image%281%29.jpg', '/image(1).jpg'],
      ["/it%27s%20%c3%a9", "/it's%20%C3%A9"],
      ['/ф', '/%D1%84'],
    ]) {
      const answer = await handler(requestEvent({ request: { uri, querystring: 'utm=1&v=2' } }));
      assert.equal(answer.status, '301');
      assert.equal(answer.headers.location[0].value, `${kept}?v=2`);
      assert.equal(answer.headers['cache-control'][0].value, 'no-store');
      assertSigned(await handler(requestEvent({ request: { uri: kept } })));
    }
  });

  test('listed query parameters are sent as signed and others are dropped', async () => {
    const request = await handler(requestEvent({ request: { querystring: 'utm=1&v=b+c%2f&v=a&UTM' } }));
    assert.equal(request.querystring, 'v=a&v=b%20c%2F');
    assertSigned(request);
  });

  test('an s3 origin is signed without x-amz-cf-id', async () => {
    const request = await handler(s3Event());
    assert.doesNotMatch(request.headers.authorization[0].value, /x-amz-cf-id/);
    assert.equal(request.origin.s3.customHeaders['x-keyfront-site'], undefined);
    assertSigned(request);
  });

  test('an s3 origin that signs by itself is refused', async () => {
    assertProblem(await handler(s3Event({ authMethod: 'origin-access-identity' })), 500, 'event-invalid');
  });

  test('a function adds no header CloudFront disallows and changes none it protects', async () => {
    const headers = Object.fromEntries(
      [...READ_ONLY, 'range', 'if-match', 'cookie', 'x-amz-acl', 'authorization', 'referer'].map((name) => [
        name,
        header(name.toUpperCase(), { 'content-length': '0', range: 'bytes=0-4', 'if-match': '"tag"' }[name] ?? `${name} value`),
      ]),
    );
    delete headers['transfer-encoding'];
    const publish = (event) => Object.assign(event.Records[0].cf.request.headers, headers) && event;
    for (const event of [requestEvent({ headers }), s3Event({}, { headers }), publish(publishEvent({}))]) {
      const given = structuredClone(event.Records[0].cf.request.headers);
      const { headers: returned } = await handler(event);
      for (const name of READ_ONLY) assert.deepEqual(returned[name], given[name], name);
      for (const name of ['range', 'if-match']) assert.deepEqual(returned[name], given[name], name);
      for (const name of Object.keys(returned)) {
        assert.doesNotMatch(name, DISALLOWED);
        assert.equal(name, name.toLowerCase());
        assert.ok(returned[name].every(({ key, value }) => key.toLowerCase() === name && typeof value === 'string'));
      }
      assert.equal(returned['x-amz-acl'], undefined);
    }
  });

  test('custom headers of the origin do not repeat among the request headers', async () => {
    const { headers, origin } = await handler(requestEvent());
    for (const name of Object.keys(origin.custom.customHeaders)) assert.equal(headers[name], undefined);
  });

  test('a range stays behind on head, and a range or tag without meaning never reaches the origin', async () => {
    const range = (value) => ({ range: header('Range', value) });
    const sent = async (method, headers) => (await handler(requestEvent({ headers, request: { method } }))).headers;
    assert.deepEqual((await sent('GET', range('bytes=2-5'))).range, header('Range', 'bytes=2-5'));
    assert.equal((await sent('HEAD', range('bytes=2-5'))).range, undefined);
    assert.equal((await sent('GET', range('bytes=x'))).range, undefined);
    const refused = await handler(requestEvent({ headers: { 'if-match': header('If-Match', 'garbage') } }));
    assertProblem(refused, 412, 'precondition-failed');
  });

  test("a viewer's headers do not change the signature", async () => {
    const plain = await handler(requestEvent());
    const headers = {
      authorization: header('Authorization', 'Bearer x'),
      'x-amz-date': header('x-amz-date', '20000101T000000Z'),
      'x-amz-server-side-encryption-customer-key': header('x-amz-server-side-encryption-customer-key', 'k'),
      'x-keyfront-response': header('x-keyfront-response', 'v1 publish missing *'),
      'x-keyfront-site': header('x-keyfront-site', '{}'),
    };
    assert.deepEqual(await handler(requestEvent({ headers })), plain);
  });

  test('the site comes from the origin only', async () => {
    const headers = { 'x-keyfront-site': header('x-keyfront-site', JSON.stringify(SITE)) };
    assertProblem(await handler(requestEvent({ site: null, headers })), 500, 'site-invalid');
  });

  test('a missing, invalid or too long site is site-invalid', async () => {
    const long = JSON.stringify(SITE).padEnd(1784);
    for (const site of [null, '', '{}', 'null', '[]', '{"v":1', long, JSON.stringify({ ...SITE, extra: 1 }), 'é']) {
      assertProblem(await handler(requestEvent({ site })), 500, 'site-invalid');
    }
    assert.ok(logged.every((line) => line.startsWith(`keyfront site-invalid request ${ID}: `)));
    assertSigned(await handler(requestEvent({ site: long.slice(0, 1783) })));
  });

  test('an origin other than the routed host, or one with a path, is site-misrouted', async () => {
    for (const origin of [{ domainName: 'other.example' }, { path: '/prefix' }]) {
      assertProblem(await handler(requestEvent({ origin })), 500, 'site-misrouted');
    }
  });

  test('viewer mistakes are reported by their code', async () => {
    for (const [request, status, code] of [
      [{ uri: '/a/../b' }, 400, 'path-invalid'],
      [{ uri: '/%2e%2e/b' }, 400, 'path-invalid'],
      [{ uri: '/a%00' }, 400, 'path-invalid'],
      [{ uri: '/%ff' }, 400, 'path-invalid'],
      [{ uri: `/${'a'.repeat(1025)}` }, 400, 'key-too-long'],
      [{ querystring: 'acl' }, 400, 'query-refused'],
      [{ querystring: 'X-Amz-Signature=0' }, 400, 'query-refused'],
      [{ uri: '/.keyfront/publishers.json' }, 404, 'not-found'],
      [{ uri: '/' }, 404, 'not-found'],
      [{ method: 'DELETE' }, 405, 'method-not-allowed'],
      [{ method: 'OPTIONS' }, 405, 'method-not-allowed'],
    ]) {
      assertProblem(await handler(requestEvent({ request })), status, code);
    }
    assert.deepEqual(logged, []);
  });

  test('a refused HEAD has no body', async () => {
    const answer = await handler(requestEvent({ request: { method: 'HEAD', uri: '/..' } }));
    assert.equal(answer.status, '400');
    assert.equal(answer.body, undefined);
    assert.equal(answer.bodyEncoding, undefined);
  });

  test('a preflight is answered from the rules of the site', async () => {
    const site = { ...SITE, cors: [{ origins: ['https://app.example'], headers: ['range'], max_age: 60 }] };
    const headers = { origin: header('Origin', 'https://app.example') };
    const answer = await handler(requestEvent({ site, headers, request: { method: 'OPTIONS' } }));
    assert.equal(answer.status, '204');
    assert.equal(answer.headers['access-control-allow-origin'][0].value, 'https://app.example');
    assert.equal(answer.body, undefined);
    const request = await handler(requestEvent({ site, headers }));
    assert.equal(request.headers['x-keyfront-response'][0].value, 'v1 bucket denied https://app.example');
  });
});
