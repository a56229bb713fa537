// The package as Node users have it: installed from its tarball, checked by what arrives and by other signers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { aws4OfWire, aws4fetch, aws4fetchPresigned } from './oracles.mjs';
import { freshProject, listen } from './project.mjs';

const CREDENTIALS = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'session/token+==' };
const NOW = 1_767_323_045_000;
const DATE = '20260102T030405Z';
const S3 = { region: 'eu-central-1', service: 's3', credentials: CREDENTIALS, now: () => NOW };
const LAMBDA = { ...S3, service: 'lambda' };
const HOST = 'https://bucket.s3.eu-central-1.amazonaws.com';

let project;
let server;
let Signer;
let SigningRefused;

before(async () => {
  project = freshProject();
  server = await listen();
  ({ Signer, SigningRefused } = await project.load());
});

after(() => {
  server.close();
  project.remove();
});

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('the tarball holds what is needed and nothing else', () => {
  assert.deepEqual(project.packed.sort(), [
    'LICENSE', 'README.md', 'browser.js', 'index.d.ts', 'node.js', 'package.json', 'signer.js', 'signer.wasm', 'workerd.js',
  ]);
});

test('three lines sign a fetch', async () => {
  const signer = new Signer({ region: 'eu-central-1', service: 's3', credentials: CREDENTIALS });
  const response = await signer.fetch(`http://${server.host}/report (final).pdf`);
  assert.equal(await response.text(), 'ok');
  const sent = server.arrived.at(-1);
  assert.equal(sent.url, '/report%20%28final%29.pdf');
  assert.equal(sent.headers.authorization, aws4OfWire(sent, S3));
});

const KEYS = ['/a b', '/a+b', "/!'()*~", '/é/Отчёт 2024.pdf', '/a%2Fb%7e%41', '/a//b/', '/', '/@:,;=&$', '/%25zz', '/a?v=1+2&acl&b=%2B&a='];

test('what arrives is what was signed, for keys that break signers', async () => {
  for (const options of [S3, LAMBDA]) {
    for (const key of KEYS) {
      await new Signer(options).fetch(`http://${server.host}${key}`, { headers: { 'x-amz-meta-a': ' b  c ', range: 'bytes=0-1' } });
      const sent = server.arrived.at(-1);
      assert.equal(sent.headers.authorization, aws4OfWire(sent, options), `${options.service} ${key} ${sent.url}`);
      assert.match(sent.headers.authorization, /SignedHeaders=host;(x-amz-content-sha256;)?x-amz-date;x-amz-meta-a;x-amz-security-token,/);
    }
  }
});

test('bodies of every kind arrive with the hash that was signed', async () => {
  const form = new FormData();
  form.set('field', 'välue');
  const bodies = ['text é', new TextEncoder().encode('bytes'), new Uint8Array([1, 2, 3]).buffer, new Blob(['blob']), new URLSearchParams({ a: 'b c' }), form, ''];
  for (const options of [S3, LAMBDA]) {
    for (const body of bodies) {
      await new Signer(options).fetch(`http://${server.host}/a`, { method: 'put', body });
      const sent = server.arrived.at(-1);
      assert.equal(sent.method, 'PUT');
      assert.equal(sent.headers.authorization, aws4OfWire(sent, options));
      if (options === S3) assert.equal(sent.headers['x-amz-content-sha256'], sha256(sent.body));
    }
    assert.match(server.arrived.at(-2).headers['content-type'], /^multipart\/form-data; boundary=/);
  }
});

test('a Request is signed with its method, headers and body', async () => {
  const request = new Request(`http://${server.host}/a`, { method: 'POST', headers: { 'x-amz-meta-a': 'b', 'content-type': 'a/b' }, body: 'text' });
  await new Signer(LAMBDA).fetch(request);
  const { method, headers, body } = server.arrived.at(-1);
  assert.deepEqual([method, headers['x-amz-meta-a'], headers['content-type'], `${body}`], ['POST', 'b', 'a/b', 'text']);
  assert.equal(headers.authorization, aws4OfWire(server.arrived.at(-1), LAMBDA));
});

test('a stream is sent unsigned to S3 and refused elsewhere', async () => {
  const stream = () => new Blob(['streamed']).stream();
  await new Signer(S3).fetch(`http://${server.host}/a`, { method: 'PUT', body: stream() });
  const sent = server.arrived.at(-1);
  assert.deepEqual([sent.headers['x-amz-content-sha256'], `${sent.body}`], ['UNSIGNED-PAYLOAD', 'streamed']);
  assert.equal(sent.headers.authorization, aws4OfWire(sent, S3));
  await refused(() => new Signer(LAMBDA).sign(`${HOST}/a`, { method: 'PUT', body: stream() }), 'sign: only S3 accepts an unsigned payload');
});

test('a hash that is given is signed and the body left alone', async () => {
  const headers = { 'x-amz-content-sha256': sha256('known') };
  await new Signer(S3).fetch(`http://${server.host}/a`, { method: 'PUT', body: 'known', headers });
  const sent = server.arrived.at(-1);
  assert.deepEqual([sent.headers['x-amz-content-sha256'], `${sent.body}`], [sha256('known'), 'known']);
  assert.equal(sent.headers.authorization, aws4OfWire(sent, S3));
});

test('aws4fetch writes the same', async () => {
  const cases = [
    { url: `${HOST}/a%20b/c(d)?v=1&acl&a=%C3%A9`, method: 'GET', headers: { 'x-amz-content-sha256': sha256('') } },
    { url: `${HOST}/a`, method: 'PUT', headers: { 'x-amz-meta-a': 'b', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, body: 'body' },
    { url: 'https://f.lambda-url.eu-central-1.on.aws/x?b=2&a=1', method: 'POST', headers: {}, body: 'body' },
  ];
  for (const request of cases) {
    const options = request.url.startsWith(HOST) ? S3 : LAMBDA;
    const theirs = await aws4fetch(request, { ...options, date: DATE });
    const ours = await new Signer(options).sign(request.url, request);
    assert.equal(ours.headers.get('authorization'), theirs.headers.get('authorization'));
    assert.equal(ours.headers.get('x-amz-date'), DATE);
    assert.equal(ours.headers.get('x-amz-security-token'), CREDENTIALS.sessionToken);
  }
});

test('aws4fetch presigns the same', async () => {
  for (const options of [S3, LAMBDA]) {
    for (const url of [`${HOST}/a%20b?v=1`, `${HOST}/`]) {
      const theirs = await aws4fetchPresigned(url, 300, { ...options, date: DATE });
      const ours = await new Signer(options).presign(url, { expiresIn: 300 });
      assert.equal(ours.searchParams.get('X-Amz-Signature'), theirs.searchParams.get('X-Amz-Signature'), `${ours}\n${theirs}`);
      assert.equal(ours.searchParams.get('X-Amz-Expires'), '300');
    }
  }
});

test('a presigned URL names the headers its user must send', async () => {
  const url = await new Signer(S3).presign(`${HOST}/a`, { method: 'PUT', headers: { 'x-amz-meta-a': 'b', 'content-type': 'a/b' } });
  assert.equal(url.searchParams.get('X-Amz-SignedHeaders'), 'host;x-amz-meta-a');
  assert.equal(url.searchParams.get('X-Amz-Expires'), '900');
});

test('credentials are fetched for every signature', async () => {
  let calls = 0;
  const credentials = async () => ({ ...CREDENTIALS, accessKeyId: `AKIA${(calls += 1)}`, sessionToken: undefined });
  const signer = new Signer({ ...S3, credentials });
  for (const id of ['AKIA1', 'AKIA2']) {
    const { headers } = await signer.sign(`${HOST}/a`);
    assert.ok(headers.get('authorization').includes(`Credential=${id}/20260102/eu-central-1/s3/aws4_request`));
    assert.equal(headers.get('x-amz-security-token'), null);
  }
});

test('headers that are named are signed too', async () => {
  const signer = new Signer({ ...LAMBDA, signedHeaders: ['Content-Type'] });
  const { headers } = await signer.sign(`${HOST}/a`, { method: 'POST', body: 'x' });
  assert.match(headers.get('authorization'), /SignedHeaders=content-type;host;/);
});

test('redirects are not followed unless requested', async () => {
  assert.equal((await new Signer(S3).sign(`${HOST}/a`)).redirect, 'manual');
  assert.equal((await new Signer(S3).sign(`${HOST}/a`, { redirect: 'follow' })).redirect, 'follow');
});

test('the signal of a caller stops the request', async () => {
  const { signal } = await new Signer(S3).sign(`${HOST}/a`, { signal: AbortSignal.abort() });
  assert.ok(signal.aborted);
});

async function refused(sign, message) {
  await assert.rejects(sign, (error) => {
    assert.ok(error instanceof SigningRefused && error.name === 'SigningRefused', `${error}`);
    assert.equal(error.message, message);
    assert.ok(!error.message.includes(CREDENTIALS.secretAccessKey) && !error.message.includes(CREDENTIALS.sessionToken));
    return true;
  });
}

test('URLs that cannot be sent as written are refused', async () => {
  const changed = 'url: the path cannot be sent as it was written';
  const dots = 'url: dot segment in the path';
  const cases = [
    ['/a/../b', changed], ['/a/./b', changed], ['/a/%2e%2E/b', changed], ['/..', changed], ['/a\\b', changed], ['\\a', changed],
    ['/a\tb', changed], ['/a\n', changed], ['/a ', changed], ['/a%2F..%2Fb', dots], ['/a%2f.', dots],
    ['/100%', 'url: invalid percent sequence in the path'], ['/a?b=%', 'url: invalid percent sequence in the query'],
    ['/a?=b', 'sign: the query is malformed or ambiguous'],
  ];
  for (const [path, message] of cases) {
    await refused(() => new Signer(S3).sign(`${HOST}${path}`), message);
    await refused(() => new Signer(S3).presign(`${HOST}${path}`), message);
  }
  await refused(() => new Signer(S3).sign('ftp://host/a'), 'url: neither https nor http');
  await refused(() => new Signer(S3).sign('https://user@host/a'), 'url: holds a user or a password');
});

test('what cannot be signed is refused, naming the step', async () => {
  const sign = (options, init) => () => new Signer({ ...S3, ...options }).sign(`${HOST}/a`, init);
  await refused(sign({ region: 'eu/west' }), 'scope: the region is not a region name');
  await refused(sign({ service: '' }), 'scope: the service is not a signing name');
  await refused(sign({ now: () => -1 }), 'date: not a moment between the years 1970 and 9999');
  await refused(sign({ credentials: { ...CREDENTIALS, secretAccessKey: '' } }), 'credentials: the secret access key is empty or not visible ASCII');
  await refused(sign({ credentials: { ...CREDENTIALS, accessKeyId: undefined } }), 'credentials: the access key id is not an access key id');
  await refused(sign({}, { headers: { host: 'other' } }), 'headers: host is not the host of the URL');
  await refused(sign({}, { headers: { authorization: 'x' } }), 'sign: header "authorization" is written by the signer');
  await refused(sign({}, { headers: { 'x-amz-meta-a': 'é' } }), 'sign: the value of header "x-amz-meta-a" is not visible ASCII');
  await refused(sign({}, { headers: { 'x-amz-content-sha256': 'XY' } }), 'sign: the payload hash is not 64 lower-case hexadecimal digits');
  for (const expiresIn of [0, 604_801]) {
    await refused(() => new Signer(S3).presign(`${HOST}/a`, { expiresIn }), 'presign: the lifetime is not within 1 to 604800 seconds');
  }
  await refused(() => new Signer(S3).presign(`${HOST}/a`, { expiresIn: 1.5 }), 'presign: the seconds of validity are not a whole number');
});

test('a refused request is sent nowhere', async () => {
  const before = server.arrived.length;
  await refused(() => new Signer(S3).fetch(`http://${server.host}/a/../b`), 'url: the path cannot be sent as it was written');
  assert.equal(server.arrived.length, before);
});

test('many signatures at once do not mix', async () => {
  const paths = Array.from({ length: 100 }, (_, index) => `/${'x'.repeat(index * 40)}`);
  const alone = [];
  for (const path of paths) alone.push((await new Signer(S3).sign(`${HOST}${path}`)).headers.get('authorization'));
  const signer = new Signer({ ...S3, credentials: async () => CREDENTIALS });
  const together = await Promise.all(paths.map((path) => signer.sign(`${HOST}${path}`)));
  assert.deepEqual(together.map(({ headers }) => headers.get('authorization')), alone);
});
