// The built bundle (dist/edge-cloudfront), the events CloudFront sends it, and what is expected of its answers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, mock } from 'node:test';

import { authorization } from './oracle.mjs';

const BUNDLE = new URL('../../../dist/edge-cloudfront/index.mjs', import.meta.url);
assert.ok(existsSync(BUNDLE), 'there is no bundle to test: run scripts/bundle-edge first');
export const { handler } = await import(BUNDLE);

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const ID = '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==';
export const HOST = 'private-content.s3.eu-central-1.amazonaws.com';
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const TOKEN = 'IQoJb3JpZ2luX2VjE'.repeat(50);
export const EMPTY = createHash('sha256').digest('hex');

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html */
export const DISALLOWED = /^(connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
export const READ_ONLY = [
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

export const SITE = {
  v: 1,
  bucket: 'private-content',
  region: 'eu-central-1',
  style: 'virtual',
  query: ['v'],
  signing: 'sigv4',
};
export const FUNCTIONS = {
  reader: { prefix: '/private', host: 'read.lambda-url.eu-central-1.on.aws', region: 'eu-central-1' },
  publish: { prefix: '/_publish', host: 'pub.lambda-url.eu-west-1.on.aws', region: 'eu-west-1' },
};

const fixture = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
export const header = (key, value) => [{ key, value }];

/** An origin-request event: the recorded one, with its request, origin and site changed. */
export function requestEvent({ request = {}, headers = {}, origin = {}, site = SITE } = {}) {
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

export function s3Event(origin = {}, changes = {}) {
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

export function responseEvent({ status = '200', method = 'GET', facts, headers = {}, ...more } = {}) {
  const event = fixture('origin-response');
  const { request, response } = event.Records[0].cf;
  Object.assign(request, { method, ...more });
  response.status = status;
  Object.assign(response.headers, headers);
  if (facts === null) delete request.headers['x-keyfront-response'];
  else if (facts !== undefined) request.headers['x-keyfront-response'] = header('x-keyfront-response', facts);
  return event;
}

export const publishEvent = (request, headers) =>
  requestEvent({
    site: { ...SITE, ...FUNCTIONS },
    origin: { domainName: FUNCTIONS.publish.host },
    request: { method: 'PUT', uri: '/_publish/objects/a', ...request },
    headers,
  });

export function assertProblem(answer, status, code) {
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

export function assertSigned(request, { secret = SECRET, cfId = ID } = {}) {
  assert.equal(request.status, undefined, JSON.stringify(request));
  assert.equal(request.headers.authorization[0].value, authorization(request, { secret, cfId }));
}

/** What the handler has logged in this test. */
export const logged = [];

beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID = 'ASIAEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = SECRET;
  process.env.AWS_SESSION_TOKEN = TOKEN;
  delete process.env.AWS_CREDENTIAL_EXPIRATION;
  mock.restoreAll();
  mock.method(Date, 'now', () => NOW);
  logged.length = 0;
  mock.method(console, 'error', (line) => logged.push(line));
});
