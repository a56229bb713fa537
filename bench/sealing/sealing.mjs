// MB/s of sealing one file of this many MiB (256 if not said), each way once a round, medians of five rounds.

import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { engine, MIB, page, served, wasm } from '../../tests/sealing/page.mjs';
import { inChromium } from './chromium.mjs';

const [plainPath, simdPath, size = '256'] = process.argv.slice(2);
const length = Number(size) * MIB;
const SMALL = 64 * 1024;
const ROUNDS = 5;
const content = new Uint8Array(length);
for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
const file = new Blob([content]);
const key = await page.PublisherKey.generate(engine);
const raw = randomBytes(32);
const { subtle } = crypto;
const [gcm, ctr] = await Promise.all(['AES-GCM', 'AES-CTR'].map((name) => subtle.importKey('raw', raw, name, false, ['encrypt'])));

const module = async (path) => (await WebAssembly.instantiate(await readFile(path))).instance.exports;
const [plain, simd] = [await module(plainPath), await module(simdPath)];

const pieces = function* (bytes, piece) { for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece); };

/** As the uploader does: parts of 8 MiB, two at once. */
async function sealedByPage(bytes = file) {
  const sealing = await page.sealerWith(engine, key).seal(bytes, new AbortController().signal);
  const part = 8 * MIB;
  let next = 0;
  const worker = async () => {
    for (let at = next; at < sealing.length; at = next) {
      next += part;
      await sealing.slice(at, Math.min(at + part, sealing.length));
    }
  };
  await Promise.all([worker(), worker()]);
  sealing.close();
  return sealing;
}

function inWasm(exports, call) {
  const piece = MIB;
  const place = exports.start(piece, BigInt(length));
  for (const bytes of pieces(content, piece)) {
    new Uint8Array(exports.memory.buffer, place, piece).set(bytes);
    exports[call]();
  }
}

/** WebCrypto's AES-CTR, a MiB at a time, and GHASH in WASM over what comes out. */
async function ctrAndHash(exports) {
  const place = exports.start(MIB, BigInt(length));
  let hashed = Promise.resolve();
  for (let at = 0; at < length; at += MIB) {
    const plaintext = await file.slice(at, at + MIB).arrayBuffer();
    const encrypted = subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(16), length: 32 }, ctr, plaintext);
    await hashed;
    hashed = encrypted.then((ciphertext) => {
      new Uint8Array(exports.memory.buffer, place, MIB).set(new Uint8Array(ciphertext));
      exports.hash_piece();
    });
  }
  await hashed;
}

function nodeCrypto(bytes) {
  const cipher = createCipheriv('aes-256-gcm', raw, raw.subarray(0, 12));
  for (const piece of pieces(bytes, MIB)) cipher.update(piece);
  cipher.final();
  return cipher.getAuthTag();
}

async function nodeCryptoFromFile() {
  const cipher = createCipheriv('aes-256-gcm', raw, raw.subarray(0, 12));
  for (let at = 0; at < length; at += MIB) cipher.update(new Uint8Array(await file.slice(at, at + MIB).arrayBuffer()));
  cipher.final();
}

const sealing = await sealedByPage();
const body = await (async () => {
  const again = await page.sealerWith(engine, key).seal(file, new AbortController().signal);
  const bytes = new Uint8Array(await (await again.slice(0, again.length)).arrayBuffer());
  return { bytes, metadata: again.metadata };
})();

async function openedByPage() {
  const store = { write() {}, finish: async () => new Blob([]), async discard() {} };
  const { get } = served(body.bytes);
  const over = new page.LocalEngine(wasm, { fetch: get, store: async () => store });
  await page.openOwn(over, key, { url: 'https://cdn.example/a', envelope: body.metadata, size: body.bytes.length, name: 'a' });
}

const small = content.subarray(0, SMALL);
const smallFile = new Blob([small]);
const WAYS = {
  'page: segments by WebCrypto AES-GCM (shipped)': [length, () => sealedByPage()],
  'WebCrypto AES-CTR + GHASH in WASM': [length, () => ctrAndHash(plain)],
  'WebCrypto AES-CTR + GHASH in WASM, simd128': [length, () => ctrAndHash(simd)],
  'GHASH in WASM alone': [length, () => inWasm(plain, 'hash_piece')],
  'GHASH in WASM alone, simd128': [length, () => inWasm(simd, 'hash_piece')],
  'all in WASM': [length, () => inWasm(plain, 'seal_piece')],
  'all in WASM, simd128': [length, () => inWasm(simd, 'seal_piece')],
  'WebCrypto AES-GCM, one call': [length, async () => subtle.encrypt({ name: 'AES-GCM', iv: raw.subarray(0, 12) }, gcm, await file.arrayBuffer())],
  'node:crypto aes-256-gcm, from memory': [length, () => nodeCrypto(content)],
  'node:crypto aes-256-gcm, read as the page reads': [length, nodeCryptoFromFile],
  'page: opening, verified (shipped)': [length, openedByPage],
  'page: a file of 64 KiB, keys and wrap included': [SMALL, () => sealedByPage(smallFile)],
  'WebCrypto AES-GCM, one call of 64 KiB': [SMALL, () => subtle.encrypt({ name: 'AES-GCM', iv: raw.subarray(0, 12) }, gcm, small)],
  'node:crypto aes-256-gcm, 64 KiB': [SMALL, () => nodeCrypto(small)],
};

const tab = await inChromium();
if (tab) {
  const folder = await mkdtemp(join(tmpdir(), 'keyfront-bench-'));
  await writeFile(join(folder, 'file'), content);
  await tab.take(join(folder, 'file'));
  tab.folder = folder;
  WAYS['page in Chromium: sealing a file of the disk in a worker (shipped)'] = [length, () => tab.seal()];
} else {
  console.log('ignored: the page in Chromium (apt-get install chromium)');
}

const times = Object.fromEntries(Object.keys(WAYS).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, [, run]] of Object.entries(WAYS)) {
    const begin = performance.now();
    await run();
    times[name].push(performance.now() - begin);
  }
}
const begin = performance.now();
await engine.deriveKey(new TextEncoder().encode('correct horse battery staple'), new Uint8Array(16));
const derived = performance.now() - begin;

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}, ${size} MiB (${sealing.length} bytes sealed)`);
for (const [name, [bytes]] of Object.entries(WAYS)) {
  const median = times[name].sort((one, other) => one - other)[ROUNDS >> 1];
  console.log(`${(bytes / 1000 / median).toFixed(0).padStart(6)} MB/s  ${median.toFixed(2).padStart(9)} ms  ${name}`);
}
console.log(`${derived.toFixed(0)} ms for a key from a passphrase (Argon2id in WASM, 64 MiB, 3 passes)`);
if (tab) {
  await tab.close();
  await rm(tab.folder, { recursive: true });
}
