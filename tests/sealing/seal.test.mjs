import assert from 'node:assert/strict';
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { test } from 'node:test';

import { bytesOf, content, engine, MIB, page, refused, sealed, wasm } from './page.mjs';

const key = await page.PublisherKey.generate(engine);
const { SealedFile, sealerWith, part, partsOf, SEGMENT } = page;
const signal = new AbortController().signal;
const begin = (file, with_ = key) => sealerWith(engine, with_).seal(file, signal);

/** Opens by node:crypto alone, with the key as Amazon's clients take it: a raw AES key (V3, `02`). */
function openedByNode(rawKey, metadata, body) {
  const wrapped = Buffer.from(metadata['x-amz-3'], 'base64');
  const unwrap = createDecipheriv('aes-256-gcm', rawKey, wrapped.subarray(0, 12)).setAAD(Buffer.from('115'));
  unwrap.setAuthTag(wrapped.subarray(-16));
  const dataKey = Buffer.concat([unwrap.update(wrapped.subarray(12, -16)), unwrap.final()]);
  const messageId = Buffer.from(metadata['x-amz-i'], 'base64');
  const derive = (purpose, length) => Buffer.from(hkdfSync('sha512', dataKey, messageId, Buffer.from(`\x00\x73${purpose}`, 'latin1'), length));
  assert.equal(metadata['x-amz-d'], derive('COMMITKEY', 28).toString('base64'));
  const decipher = createDecipheriv('aes-256-gcm', derive('DERIVEKEY', 32), Buffer.alloc(12, 1)).setAAD(Buffer.from([0, 0x73]));
  decipher.setAuthTag(body.subarray(-16));
  return new Uint8Array(Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]));
}

const rawKey = (publisherKey) => Buffer.from(JSON.parse(publisherKey.toFileText()).key, 'base64url');

for (const length of [0, 1, 15, 16, 17, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 7]) {
  test(`a sealed file of ${length} bytes is opened by node:crypto with the same raw AES key`, async () => {
    const bytes = content(length);
    const { body, metadata } = await sealed(bytes, key);
    assert.equal(body.length, length + 16);
    assert.deepEqual(Object.keys(metadata).sort(), ['x-amz-3', 'x-amz-c', 'x-amz-d', 'x-amz-i', 'x-amz-m', 'x-amz-unencrypted-content-length', 'x-amz-w']);
    assert.equal(metadata['x-amz-c'], '115');
    assert.equal(metadata['x-amz-w'], '02');
    assert.deepEqual(JSON.parse(metadata['x-amz-m']), { 'keyfront-key': key.id });
    assert.deepEqual(openedByNode(rawKey(key), metadata, body), bytes);
  });
}

test('parts in any order and size, sent again or not, are one and the same ciphertext', async () => {
  const bytes = content(5 * MIB + 123_457);
  const file = await begin(new Blob([bytes]));
  const partSize = 1_500_001;
  const count = Math.ceil(file.length / partSize);
  const parts = new Map();
  // The last one first: it has the tag, and everything is read for it.
  for (const number of [count, 2, 1, ...Array.from({ length: count }, (_, index) => index + 1)]) {
    const got = await bytesOf(await part(file, number, partSize));
    if (parts.has(number)) assert.deepEqual(got, parts.get(number));
    parts.set(number, got);
  }
  const body = Buffer.concat(Array.from({ length: count }, (_, index) => parts.get(index + 1)));
  assert.deepEqual(openedByNode(rawKey(key), file.metadata, body), bytes);
  assert.deepEqual(new Uint8Array(await bytesOf(await file.slice(0, file.length))), new Uint8Array(body));
  file.close();
});

test('all parts at once, as an uploader asks for them, are the same as one after the other', async () => {
  const bytes = content(9 * MIB + 1);
  const file = await begin(new Blob([bytes]));
  const count = Math.ceil(file.length / MIB);
  const parts = await Promise.all(Array.from({ length: count }, async (_, index) => bytesOf(await part(file, index + 1, MIB))));
  const streamed = [];
  for await (const blob of partsOf(file, 2 * MIB)) streamed.push(await bytesOf(blob));
  assert.deepEqual(Buffer.concat(parts), Buffer.concat(streamed));
  assert.deepEqual(openedByNode(rawKey(key), file.metadata, Buffer.concat(parts)), bytes);
  file.close();
});

test('a tag that is cut between two parts is whole', async () => {
  const bytes = content(MIB);
  const file = await begin(new Blob([bytes]));
  const cut = MIB + 5;
  const body = Buffer.concat([await bytesOf(await file.slice(0, cut)), await bytesOf(await file.slice(cut, file.length))]);
  assert.deepEqual(openedByNode(rawKey(key), file.metadata, body), bytes);
  file.close();
});

/** A file whose content is another after it was read: what a program does that saves while it is uploaded. */
class AlteredFile {
  constructor(first, second) {
    this.size = first.length;
    this.contents = [first, second];
    this.reads = 0;
  }

  alter() {
    this.contents.shift();
  }

  slice(start, end) {
    this.reads += 1;
    return new Blob([this.contents[0].subarray(start, end)]);
  }
}

for (const [what, at] of [['the part itself', 10], ['its last byte', 2 * MIB - 1]]) {
  test(`a file that was altered between attempts, ${what}, is not sent on`, async () => {
    const first = content(3 * MIB);
    const second = first.slice();
    second[at] ^= 1;
    const file = new AlteredFile(first, second);
    const sealing = await begin(file);
    const sent = await bytesOf(await sealing.slice(0, 2 * MIB));
    assert.deepEqual(await bytesOf(await sealing.slice(0, 2 * MIB)), sent);
    file.alter();
    await assert.rejects(sealing.slice(0, 2 * MIB), refused('file-changed'));
    // For good: not even what did not change, nor the tag.
    file.contents = [first];
    await assert.rejects(sealing.slice(0, 2 * MIB), refused('file-changed'));
    await assert.rejects(sealing.slice(2 * MIB, sealing.length), refused('file-changed'));
  });
}

test('a file that was altered where nothing was read yet is noticed where it was read for the tag', async () => {
  const first = content(3 * MIB);
  const second = first.slice();
  second[0] ^= 1;
  const file = new AlteredFile(first, second);
  const sealing = await begin(file);
  await sealing.slice(sealing.length - 16, sealing.length);
  file.alter();
  await assert.rejects(sealing.slice(0, MIB), refused('file-changed'));
});

test('a file that became shorter, or cannot be read, says so', async () => {
  const file = new AlteredFile(content(MIB), content(MIB - 1));
  const sealing = await begin(file);
  file.alter();
  await assert.rejects(sealing.slice(0, MIB), refused('file-changed'));
  const gone = { size: MIB, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) };
  await assert.rejects((await begin(gone)).slice(0, MIB), refused('file-unreadable'));
  const tag = await begin(gone);
  await assert.rejects(tag.slice(MIB, MIB + 16), refused('file-unreadable'));
});

test('a closed file gives nothing more', async () => {
  const file = await begin(new Blob([content(100)]));
  file.close();
  file.close();
  await assert.rejects(file.slice(0, 116), refused('internal'));
});

test('no key and vector are ever used for two texts', async () => {
  // The browser is probed once, with a key of the moment.
  await begin(new Blob([]));
  // What the browser is asked to encrypt, by the key it is asked with: every key of every file, and every segment however often.
  const { encrypt, importKey } = crypto.subtle;
  const ids = new Map();
  const texts = new Map();
  let calls = 0;
  crypto.subtle.importKey = async function (...given) {
    const id = createHash('sha256').update(given[1]).digest('hex');
    const imported = await importKey.apply(this, given);
    ids.set(imported, id);
    return imported;
  };
  crypto.subtle.encrypt = async function (algorithm, cryptoKey, data) {
    const pair = `${ids.get(cryptoKey)} ${Buffer.from(algorithm.iv).toString('hex')}`;
    const digest = createHash('sha256').update(Buffer.from(data)).digest('hex');
    calls += 1;
    const before = texts.get(pair);
    const result = await encrypt.call(this, algorithm, cryptoKey, data);
    texts.set(pair, before === undefined ? [digest] : [...before, digest]);
    return result;
  };
  const keys = new Set();
  const dataKeys = new Set();
  try {
    const bytes = content(2 * MIB + 3);
    for (let round = 0; round < 8; round += 1) {
      const file = await begin(new Blob([bytes]));
      await file.slice(0, file.length);
      await Promise.all([file.slice(0, MIB), file.slice(MIB / 2, file.length)]);
      keys.add(file.metadata['x-amz-i']);
      dataKeys.add(file.metadata['x-amz-3'].slice(0, 16));
      file.close();
    }
  } finally {
    Object.assign(crypto.subtle, { encrypt, importKey });
    delete crypto.subtle.encrypt;
    delete crypto.subtle.importKey;
  }
  assert.equal(keys.size, 8);
  assert.equal(dataKeys.size, 8, 'the vectors of the wraps');
  assert.equal(new Set(ids.values()).size, 8, 'a content key for each file');
  assert.ok(calls > 8 * 3, `${calls}`);
  for (const [pair, digests] of texts) assert.equal(new Set(digests).size, 1, pair);
});

test('counters of segments do not meet: each segment begins where the one before ends', async () => {
  // The keystream at every block, found by sealing zeros, is never the same twice.
  const file = await begin(new Blob([new Uint8Array(2 * MIB + 64)]));
  const stream = Buffer.from(await bytesOf(await file.slice(0, file.length - 16)));
  const blocks = new Set();
  for (let at = 0; at < stream.length; at += 16) blocks.add(stream.toString('latin1', at, at + 16));
  assert.equal(blocks.size, stream.length / 16);
  file.close();
});

test('a file over the limit of AES-GCM is refused before anything is read', async () => {
  const huge = { size: page.MAX_LENGTH + 1, slice: () => assert.fail('it was read') };
  await assert.rejects(begin(huge), refused('too-long'));
  const longest = await begin({ size: page.MAX_LENGTH, slice: (start, end) => new Blob([new Uint8Array(end - start)]) });
  const last = await bytesOf(await longest.slice(page.MAX_LENGTH - 32, page.MAX_LENGTH));
  assert.equal(last.length, 32);
  longest.close();
});

test('what was passed to the module is not left in its memory', async () => {
  let memory;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate(...given);
    memory = made.exports.memory;
    return made;
  };
  try {
    const secret = content(32, 77);
    const file = await SealedFile.begin(wasm, new Blob([content(100)]), secret.slice(), {});
    await file.slice(0, file.length);
    assert.equal(Buffer.from(memory.buffer).indexOf(secret), -1, 'the publisher\'s key');
    file.close();
    const contentKey = Buffer.from(memory.buffer);
    assert.equal(contentKey.indexOf(secret), -1);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
});

test('a browser whose AES-GCM derives another counter seals nothing', async () => {
  const { encrypt } = crypto.subtle;
  crypto.subtle.encrypt = function (algorithm, cryptoKey, data) {
    const isWrong = algorithm.name === 'AES-GCM' && algorithm.iv.length === 16;
    return encrypt.call(this, isWrong ? { ...algorithm, iv: algorithm.iv.slice(0, 12) } : algorithm, cryptoKey, data);
  };
  try {
    const fresh = new page.LocalEngine(wasm);
    await assert.rejects(sealerWith(fresh, key).seal(new Blob([content(10)]), signal), refused('browser'));
  } finally {
    delete crypto.subtle.encrypt;
  }
});
