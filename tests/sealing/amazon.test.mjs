// What the page seals, Amazon's own client opens with the same key.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { content, engine, MIB, page, sealed } from './page.mjs';

const tools = process.env.KEYFRONT_TOOLS ?? fileURLToPath(new URL('../../.tools', import.meta.url));
const python = process.env.KEYFRONT_PYTHON ?? `${tools}/python-tests/bin/python`;
const script = fileURLToPath(new URL('amazon.py', import.meta.url));
const isThere = () => { try { execFileSync(python, ['-c', 'import s3_encryption'], { stdio: 'ignore' }); return true; } catch { return false; } };
const skip = isThere() ? false : `${python} has no amazon-s3-encryption-client-python (tests/python/requirements.txt)`;

function opened(key, metadata, body) {
  const head = `${JSON.stringify({ key, metadata })}\n`;
  return spawnSync(python, [script], { input: Buffer.concat([Buffer.from(head), body]), maxBuffer: 64 * MIB });
}

const key = await page.PublisherKey.generate(engine);
const raw = Buffer.from(JSON.parse(key.toFileText()).key, 'base64url').toString('base64');

for (const length of [0, 1, 16, 100_000, 11 * MIB + 7]) {
  test(`Amazon's client opens ${length} bytes that the page sealed`, { skip }, async () => {
    const bytes = content(length);
    const { body, metadata } = await sealed(bytes, key);
    const { status, stdout, stderr } = opened(raw, metadata, body);
    assert.equal(status, 0, stderr.toString());
    assert.deepEqual(new Uint8Array(stdout), bytes);
  });
}

test('Amazon\'s client refuses what was altered, as the page does', { skip }, async () => {
  const { body, metadata } = await sealed(content(1000), key);
  body[500] ^= 1;
  const { status, stderr } = opened(raw, metadata, body);
  assert.notEqual(status, 0);
  assert.match(stderr.toString(), /S3EncryptionClientSecurityError|tag|authenti/i);
});
