// The types say what the package does, to strict TypeScript and under both ways of resolving packages.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { TOOLS, freshProject } from './project.mjs';

const RIGHT = `
import { Signer, SigningRefused, type Credentials, type SignerOptions } from '@keyfront/sigv4';

const rotating = async (): Promise<Credentials> => ({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined });
const options: SignerOptions = { region: 'r', service: 's3', credentials: rotating, signedHeaders: ['content-type'] };
const signer = new Signer(options);
const request: Request = await signer.sign(new URL('https://h/'), { method: 'PUT', body: 'x', headers: { a: 'b' } });
const response: Response = await signer.fetch(request);
const url: URL = await signer.presign('https://h/', { expiresIn: 60, method: 'PUT', headers: [['x-amz-meta-a', 'b']] });
const refused: boolean = response.body instanceof SigningRefused;
export { refused, url };
`;

const WRONG = [
  "new Signer({ region: 'r', service: 's3' });",
  "new Signer({ region: 'r', service: 's3', credentials: { accessKeyId: 'a' } });",
  "signer.sign(1);",
  "signer.presign('https://h/', { expiresIn: '60' });",
  "signer.signQuery('https://h/');",
];

let project;

before(() => {
  project = freshProject();
});

after(() => project.remove());

function compiled(text, resolution) {
  const file = project.write('main.ts', text);
  const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
  const words = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', module];
  words.push('--moduleResolution', resolution, '--types', 'node', '--typeRoots', join(TOOLS, '@types'), file);
  const { status, stdout, error } = spawnSync(process.execPath, [join(TOOLS, 'typescript', 'bin', 'tsc'), ...words], { encoding: 'utf8', cwd: project.folder });
  assert.equal(error, undefined);
  return { status, stdout };
}

for (const resolution of ['nodenext', 'bundler']) {
  test(`right use compiles (${resolution})`, () => {
    assert.deepEqual(compiled(RIGHT, resolution), { status: 0, stdout: '' });
  });
}

test('wrong use does not compile', () => {
  const head = RIGHT.split('\n').filter((line) => !line.startsWith('export')).join('\n');
  const text = `${head}\n${WRONG.map((line) => `// @ts-expect-error\n${line}`).join('\n')}\nexport {};\n`;
  assert.deepEqual(compiled(text, 'nodenext'), { status: 0, stdout: '' });
});
