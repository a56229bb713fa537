import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { argon2id } from 'hash-wasm';

import { content, engine, page, refused, sealed } from './page.mjs';

const { PublisherKey, keyAskedFor } = page;
const PASSPHRASE = 'correct horse battery staple';

test('a generated key is saved as a file and read again', async () => {
  const key = await PublisherKey.generate(engine);
  const text = key.toFileText();
  const again = await PublisherKey.fromFileText(engine, text);
  assert.equal(again.id, key.id);
  assert.equal(again.toFileText(), text);
  assert.match(key.fileName, /^keyfront-key-[0-9a-f]{8}\.json$/);
  assert.equal(Buffer.from(JSON.parse(text).key, 'base64url').length, 32);
});

test('a key\'s id is its hash, and says nothing else of it', async () => {
  const key = await PublisherKey.generate(engine);
  const raw = Buffer.from(JSON.parse(key.toFileText()).key, 'base64url');
  const expected = createHash('sha256').update('keyfront publisher key id v1\0').update(raw).digest('hex').slice(0, 24);
  assert.equal(key.id, expected);
});

test('a key file in which a letter changed is refused', async () => {
  const key = await PublisherKey.generate(engine);
  const file = JSON.parse(key.toFileText());
  const letter = file.key[5] === 'A' ? 'B' : 'A';
  const altered = { ...file, key: file.key.slice(0, 5) + letter + file.key.slice(6) };
  for (const text of ['', '{}', '[]', 'null', JSON.stringify(altered), JSON.stringify({ ...file, key: file.key.slice(1) }), JSON.stringify({ ...file, type: 'x' })]) {
    await assert.rejects(PublisherKey.fromFileText(engine, text), refused('key-invalid'), text);
  }
});

test('a passphrase becomes the key that another Argon2id derives', async () => {
  const salt = content(16);
  const key = await PublisherKey.fromPassphrase(engine, PASSPHRASE, salt);
  const expected = await argon2id({ password: PASSPHRASE, salt, parallelism: 1, iterations: 3, memorySize: 65_536, hashLength: 32, outputType: 'hex' });
  assert.equal(Buffer.from(JSON.parse(key.toFileText()).key, 'base64url').toString('hex'), expected);
});

test('a sealed file asks for its key, and its passphrase opens it on another machine', async () => {
  const first = await PublisherKey.fromPassphrase(engine, PASSPHRASE);
  const { metadata } = await sealed(content(10), first);
  const asked = await keyAskedFor(engine, metadata);
  assert.ok(first.fits(asked));
  const again = await PublisherKey.fromPassphrase(engine, PASSPHRASE, asked.salt);
  assert.equal(again.id, asked.id);
  assert.equal((await PublisherKey.fromPassphrase(engine, `${PASSPHRASE}!`, asked.salt)).fits(asked), false);
  // Without the salt the same passphrase is another key.
  assert.equal((await PublisherKey.fromPassphrase(engine, PASSPHRASE)).fits(asked), false);
});

test('a passphrase is the same however a keyboard composes it', async () => {
  const salt = content(16);
  const composed = await PublisherKey.fromPassphrase(engine, 'Größe ist egal, Länge nicht', salt);
  const decomposed = await PublisherKey.fromPassphrase(engine, 'Größe ist egal, Länge nicht'.normalize('NFD'), salt);
  assert.equal(decomposed.id, composed.id);
});

test('a passphrase that is too short is refused', async () => {
  await assert.rejects(PublisherKey.fromPassphrase(engine, 'elf letters'), refused('passphrase-short'));
  await assert.rejects(PublisherKey.fromPassphrase(engine, ''), refused('passphrase-short'));
});

test('a file without a passphrase\'s salt, or with a derivation that is not known, says so', async () => {
  const key = await PublisherKey.generate(engine);
  const { metadata } = await sealed(content(10), key);
  const asked = (description) => keyAskedFor(engine, { ...metadata, 'x-amz-m': JSON.stringify(description) });
  assert.deepEqual(await keyAskedFor(engine, metadata), { id: key.id, salt: null });
  await assert.rejects(asked({ 'keyfront-key': 'a', 'keyfront-kdf': 'argon2id-19-8-1-1', 'keyfront-salt': page.toBase64Url(content(16)) }), refused('unsupported'));
  await assert.rejects(asked({ 'keyfront-key': 'a', 'keyfront-kdf': 'argon2id-19-65536-3-1', 'keyfront-salt': 'AAAA' }), refused('unsupported'));
  await assert.rejects(keyAskedFor(engine, {}), refused('not-sealed'));
});

test('a key is never printed, and is gone when it was wiped', async () => {
  const key = await PublisherKey.generate(engine);
  const raw = JSON.parse(key.toFileText()).key;
  for (const text of [inspect(key, { depth: 9, showHidden: true }), JSON.stringify(key), `${key}`]) assert.ok(!text.includes(raw));
  key.wipe();
  assert.throws(() => key.toFileText(), refused('key-invalid'));
  await assert.rejects(key.exposed(async () => assert.fail()), refused('key-invalid'));
});

test('whoever uses a key has a copy, which is wiped afterwards', async () => {
  const key = await PublisherKey.generate(engine);
  let copy;
  await key.exposed(async (bytes) => { copy = bytes; assert.ok(bytes.some((byte) => byte !== 0)); });
  assert.ok(copy.every((byte) => byte === 0));
});
