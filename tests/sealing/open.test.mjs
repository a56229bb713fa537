import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesOf, content, engine, engineOver, MIB, page, recordingStore, refused, sealed } from './page.mjs';

const { openOwn, openShared, shareOf, linkTo, readLink, SEGMENT } = page;
const key = await page.PublisherKey.generate(engine);
const other = await page.PublisherKey.generate(engine);
const url = 'https://cdn.example/sealed/a.bin?Expires=1&Signature=x';

const own = ({ body, metadata }, name = 'a.bin') => ({ url, envelope: metadata, size: body.length, name });

async function shared(file, name = 'a.bin') {
  return readLink(new URL(await linkTo(await shareOf(engine, key, own(file, name)), 'https://page.example/')).hash);
}

for (const length of [0, 1, 16, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 5]) {
  test(`${length} bytes are opened with the key and through a link`, async () => {
    const bytes = content(length);
    const file = await sealed(bytes, key);
    const byKey = await openOwn(engineOver(file.body).engine, key, own(file));
    assert.deepEqual(await bytesOf(byKey.content), bytes);
    const byLink = await openShared(engineOver(file.body).engine, await shared(file, 'Übersicht 1.pdf'));
    assert.deepEqual(await bytesOf(byLink.content), bytes);
    assert.equal(byLink.name, 'Übersicht 1.pdf');
    assert.equal(byLink.content.type, 'application/pdf');
  });
}

const file = await sealed(content(2 * MIB + 100), key);

test('progress is told to the last byte, and ends with the file', async () => {
  const told = [];
  await openOwn(engineOver(file.body).engine, key, own(file), { onProgress: (opened) => told.push(opened) });
  assert.deepEqual(told, [MIB, 2 * MIB, 2 * MIB + 100]);
});

for (const [where, at] of [['first', 0], ['middle', MIB + 9], ['last', 2 * MIB + 99], ['tag\'s first', 2 * MIB + 100], ['tag\'s last', 2 * MIB + 115]]) {
  test(`a flipped bit in the ${where} byte is refused, and the plaintext is deleted`, async () => {
    const body = file.body.slice();
    body[at] ^= 0x80;
    const { engine: over, store } = engineOver(body);
    await assert.rejects(openOwn(over, key, own(file)), refused('altered'));
    assert.ok(store.discarded && !store.finished);
    const linked = engineOver(body);
    await assert.rejects(openShared(linked.engine, await shared(file)), refused('altered'));
    assert.ok(linked.store.discarded && !linked.store.finished);
  });
}

test('a body that is shorter or longer than the metadata or the link say is refused, and deleted', async () => {
  for (const body of [file.body.subarray(0, -1), file.body.subarray(0, MIB), Buffer.concat([file.body, Buffer.from([0])])]) {
    const { engine: over, store } = engineOver(body);
    await assert.rejects(openShared(over, await shared(file)), refused('incomplete'));
    assert.ok(store.discarded && !store.finished);
  }
  // The listing says another size than what was sealed.
  const { engine: over, requests } = engineOver(file.body.subarray(0, MIB));
  await assert.rejects(openOwn(over, key, { ...own(file), size: MIB }), refused('incomplete'));
  assert.equal(requests.length, 0);
});

test('every altered letter of the metadata is refused before anything is downloaded', async () => {
  for (const name of ['x-amz-3', 'x-amz-c', 'x-amz-d', 'x-amz-i', 'x-amz-w', 'x-amz-unencrypted-content-length']) {
    const value = file.metadata[name];
    for (let at = 0; at < value.length; at += 7) {
      const letter = value[at] === 'A' ? 'B' : 'A';
      const envelope = { ...file.metadata, [name]: value.slice(0, at) + letter + value.slice(at + 1) };
      const { engine: over, requests } = engineOver(file.body);
      await assert.rejects(openOwn(over, key, { ...own(file), envelope }), page.SealingError, `${name} ${at}`);
      assert.equal(requests.length, 0);
    }
  }
});

test('another key is the wrong one, and downloads nothing', async () => {
  const { engine: over, requests } = engineOver(file.body);
  await assert.rejects(openOwn(over, other, own(file)), refused('wrong-key'));
  await assert.rejects(shareOf(engine, other, own(file)), refused('wrong-key'));
  assert.equal(requests.length, 0);
});

test('what is no envelope, or another\'s, says so', async () => {
  const over = engineOver(file.body).engine;
  await assert.rejects(openOwn(over, key, { ...own(file), envelope: { author: 'a' } }), refused('not-sealed'));
  const kms = { ...file.metadata, 'x-amz-w': '12', 'x-amz-t': '{"aws:x-amz-cek-alg":"115"}' };
  await assert.rejects(openOwn(over, key, { ...own(file), envelope: kms }), refused('unsupported'));
  const v2 = { 'x-amz-key-v2': 'AAAA', 'x-amz-iv': 'AAAAAAAAAAAAAAAA', 'x-amz-cek-alg': 'AES/GCM/NoPadding', 'x-amz-wrap-alg': 'AES/GCM', 'x-amz-matdesc': '{}' };
  await assert.rejects(openOwn(over, key, { ...own(file), envelope: v2 }), refused('unsupported'));
});

test('names of metadata may have their prefix', async () => {
  const envelope = Object.fromEntries(Object.entries(file.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
  const opened = await openOwn(engineOver(file.body).engine, key, { ...own(file), envelope });
  assert.equal(opened.content.size, 2 * MIB + 100);
});

test('a connection that breaks is taken up where it broke', async () => {
  const { engine: over, requests } = engineOver(file.body, { breaks: [MIB + 3, 70_000, 1] });
  const opened = await openOwn(over, key, own(file));
  assert.deepEqual(await bytesOf(opened.content), content(2 * MIB + 100));
  assert.deepEqual(requests.map(({ range }) => range), [undefined, `bytes=${MIB + 3}-`, `bytes=${MIB + 70_003}-`, `bytes=${MIB + 70_004}-`]);
});

test('a connection that breaks for good, an address that is over, and one with nothing behind it say so', async () => {
  const waits = [];
  const never = page.download({ url, length: 10, fetch: async () => { throw new TypeError('network'); }, wait: async (delay) => void waits.push(delay) });
  await assert.rejects(never.next(), refused('network'));
  assert.deepEqual(waits, [500, 1000, 2000, 4000]);
  for (const [status, code] of [[403, 'link-over'], [404, 'gone'], [410, 'gone'], [416, 'incomplete']]) {
    const { engine: over, store } = engineOver(file.body, { status });
    await assert.rejects(openOwn(over, key, own(file)), refused(code));
    assert.ok(store.discarded);
  }
});

test('whoever stops an opening has it deleted', async () => {
  const stop = new AbortController();
  const { engine: over, store } = engineOver(file.body);
  const opening = openOwn(over, key, own(file), { signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(opening, { name: 'AbortError' });
  assert.ok(store.discarded && !store.finished);
});

test('a store that is full says so, and what it has is deleted', async () => {
  const store = recordingStore();
  store.write = () => { throw new page.SealingError('storage-full', 'full'); };
  const { engine: over } = engineOver(file.body, { store });
  await assert.rejects(openOwn(over, key, own(file)), refused('storage-full'));
  assert.ok(store.discarded && !store.finished);
});

test('a share is wiped after it was used', async () => {
  const link = await shared(file);
  await openShared(engineOver(file.body).engine, link);
  assert.ok(link.share.every((byte) => byte === 0));
});

test('only what browsers show without running it has a type of its own', () => {
  const typeOf = (name) => page.mediaOf(name).type;
  for (const name of ['a.html', 'a.svg', 'a.xml', 'a.js', 'a', 'a.png.html', 'html', '.html', 'constructor', 'a.constructor', 'a.toString']) {
    assert.equal(typeOf(name), 'application/octet-stream', name);
  }
  assert.equal(typeOf('a.PNG'), 'image/png');
  assert.equal(typeOf('a.html.txt'), 'text/plain');
});
