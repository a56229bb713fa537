// The package as Workers have it: bundled by the condition `workerd`, run by the real runtime.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

import { aws4OfWire } from './oracles.mjs';
import { freshProject, listen } from './project.mjs';

const CREDENTIALS = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'session/token+==' };
const NOW = 1_767_323_045_000;

const WORKER = `
import { Signer, SigningRefused } from '@keyfront/sigv4';

export default {
  async fetch(request) {
    const { service, url, init, presign } = await request.json();
    const signer = new Signer({ region: 'eu-central-1', service, credentials: ${JSON.stringify(CREDENTIALS)}, now: () => ${NOW} });
    try {
      if (presign) return new Response((await signer.presign(url)).href);
      if (init?.stream) init.body = new Blob([init.stream]).stream();
      const response = await signer.fetch(url, init);
      return new Response(await response.text(), { status: response.status });
    } catch (error) {
      return new Response(error.message, { status: error instanceof SigningRefused ? 400 : 500 });
    }
  },
};
`;

let project;
let server;
let miniflare;

before(async () => {
  project = freshProject();
  server = await listen((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' });
    response.end('ok');
  });
  const out = join(project.folder, 'bundle');
  await build({
    entryPoints: [project.write('worker.js', WORKER)],
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    conditions: ['workerd'],
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'error',
  });
  miniflare = new Miniflare({
    cf: false,
    compatibilityDate: '2025-01-01',
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: readFileSync(join(out, 'worker.js'), 'utf8') },
      { type: 'CompiledWasm', path: 'signer.wasm', contents: readFileSync(join(out, 'signer.wasm')) },
    ],
  });
  await miniflare.ready;
});

after(async () => {
  await miniflare?.dispose();
  server?.close();
  project?.remove();
});

async function ask(question) {
  const response = await miniflare.dispatchFetch('http://worker/', { method: 'POST', body: JSON.stringify(question) });
  return { status: response.status, text: await response.text() };
}

test('what a Worker sends is what was signed', async () => {
  for (const service of ['s3', 'lambda']) {
    for (const path of ['/a b', "/a+(b)!'*", '/é?v=1+2&acl&a=%2B', '/%40:@,;=&$']) {
      const url = `http://${server.host}${path}`;
      const init = { method: 'PUT', headers: { 'x-amz-meta-a': ' b  c ' }, body: 'täxt' };
      assert.deepEqual(await ask({ service, url, init }), { status: 200, text: 'ok' });
      const sent = server.arrived.at(-1);
      assert.equal(sent.headers.authorization, aws4OfWire(sent, { region: 'eu-central-1', service, credentials: CREDENTIALS }), `${service} ${sent.url}`);
      assert.equal(`${sent.body}`, 'täxt');
    }
  }
});

test('a Worker streams to S3 unsigned', async () => {
  const url = `http://${server.host}/a`;
  assert.equal((await ask({ service: 's3', url, init: { method: 'PUT', stream: 'streamed' } })).status, 200);
  const sent = server.arrived.at(-1);
  assert.deepEqual([sent.headers['x-amz-content-sha256'], `${sent.body}`], ['UNSIGNED-PAYLOAD', 'streamed']);
  assert.equal((await ask({ service: 'lambda', url, init: { method: 'PUT', stream: 'streamed' } })).text, 'sign: only S3 accepts an unsigned payload');
});

test('a Worker does not follow a redirect', async () => {
  assert.equal((await ask({ service: 's3', url: `http://${server.host}/moved` })).status, 302);
  assert.equal(server.arrived.at(-1).url, '/moved');
});

test('a Worker presigns as Node does', async () => {
  const url = 'https://bucket.s3.eu-central-1.amazonaws.com/a b?v=1';
  const { Signer } = await project.load();
  const signer = new Signer({ region: 'eu-central-1', service: 's3', credentials: CREDENTIALS, now: () => NOW });
  assert.equal((await ask({ service: 's3', url, presign: true })).text, (await signer.presign(url)).href);
});

test('a Worker refuses what cannot be sent as written', async () => {
  const refused = await ask({ service: 's3', url: `http://${server.host}/a/../b` });
  assert.deepEqual(refused, { status: 400, text: 'url: the path cannot be sent as it was written' });
});
