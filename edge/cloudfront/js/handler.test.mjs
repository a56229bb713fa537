// The built bundle (dist/edge-cloudfront) under the events CloudFront sends. Run by `node --test`.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, mock, test } from 'node:test';

import { authorization } from './oracle.mjs';

const BUNDLE = new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url);
assert.ok(existsSync(BUNDLE), 'there is no bundle to test: run scripts/bundle-edge first');
const { handler } = await import(BUNDLE);

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const ID = '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==';
const HOST = 'private-content.s3.eu-central-1.amazonaws.com';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TOKEN = 'IQoJb3JpZ2luX2VjE'.repeat(50);
const EMPTY = createHash('sha256').digest('hex');

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html */
const DISALLOWED = /^(connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
const READ_ONLY = [
  'accept-encoding',
  'cdn-loop',
  'content-length',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'transfer-encoding',
  'via',
];

const SITE = {
  v: 1,
  bucket: 'private-content',
  region: 'eu-central-1',
  style: 'virtual',
  query: ['v'],
  signing: 'sigv4',
};
const FUNCTIONS = {
  reader: { prefix: '/private', host: 'read.lambda-url.eu-central-1.on.aws', region: 'eu-central-1' },
  publish: { prefix: '/_publish', host: 'pub.lambda-url.eu-west-1.on.aws', region: 'eu-west-1' },
};

const fixture = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const header = (key, value) => [{ key, value }];

/** An origin-request event: the recorded one, with its request, origin and site changed. */
function requestEvent({ request = {}, headers = {}, origin = {}, site = SITE } = {}) {
  const event = fixture('origin-request');
  const { cf } = event.Records[0];
  Object.assign(cf.request, request);
  Object.assign(cf.request.headers, headers);
  Object.assign(cf.request.origin.custom, origin);
  const { customHeaders } = cf.request.origin.custom;
  if (site === undefined || site === null) delete customHeaders['x-keyfront-site'];
  else customHeaders['x-keyfront-site'][0].value = typeof site === 'string' ? site : JSON.stringify(site);
  return event;
}

function s3Event(origin = {}, changes = {}) {
  const event = requestEvent(changes);
  const { request } = event.Records[0].cf;
  const { customHeaders, domainName } = request.origin.custom;
  request.origin = {
    s3: {
      authMethod: 'none',
      customHeaders,
      domainName,
      path: '',
      region: 'eu-central-1',
      readTimeout: 30,
      responseCompletionTimeout: 30,
      ...origin,
    },
  };
  return event;
}

function responseEvent({ status = '200', method = 'GET', facts, headers = {}, ...more } = {}) {
  const event = fixture('origin-response');
  const { request, response } = event.Records[0].cf;
  Object.assign(request, { method, ...more });
  response.status = status;
  Object.assign(response.headers, headers);
  if (facts === null) delete request.headers['x-keyfront-response'];
  else if (facts !== undefined) request.headers['x-keyfront-response'] = header('x-keyfront-response', facts);
  return event;
}

const publishEvent = (request, headers) =>
  requestEvent({
    site: { ...SITE, ...FUNCTIONS },
    origin: { domainName: FUNCTIONS.publish.host },
    request: { method: 'PUT', uri: '/_publish/objects/a', ...request },
    headers,
  });

function assertProblem(answer, status, code) {
  assert.equal(answer.status, String(status), JSON.stringify(answer));
  assert.ok(answer.statusDescription);
  assert.equal(answer.headers['cache-control'][0].value, 'no-store');
  assert.equal(answer.headers['content-type'][0].value, 'application/problem+json');
  assert.equal(answer.headers['x-content-type-options'][0].value, 'nosniff');
  const id = answer.headers['x-keyfront-request-id'][0].value;
  assert.equal(answer.bodyEncoding, 'text');
  const { title, ...problem } = JSON.parse(answer.body);
  assert.ok(title);
  assert.deepEqual(problem, { type: `urn:keyfront:${code}`, status, code, request_id: id });
}

function assertSigned(request, { secret = SECRET, cfId = ID } = {}) {
  assert.equal(request.status, undefined, JSON.stringify(request));
  assert.equal(request.headers.authorization[0].value, authorization(request, { secret, cfId }));
}

let logged;

beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID = 'ASIAEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = SECRET;
  process.env.AWS_SESSION_TOKEN = TOKEN;
  delete process.env.AWS_CREDENTIAL_EXPIRATION;
  mock.restoreAll();
  mock.method(Date, 'now', () => NOW);
  logged = [];
  mock.method(console, 'error', (line) => logged.push(line));
});

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
