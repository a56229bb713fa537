// The page's own modules in Node, bundled as Vite does it, and the WASM module that `web/module/bundle` built.

import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const SOURCES = new URL('../../web/src/sealing/', import.meta.url);

/** Everything that the modules export. */
export async function pageModules(names) {
  const folder = await mkdtemp(join(tmpdir(), 'keyfront-sealing-'));
  try {
    const outfile = join(folder, 'sealing.mjs');
    const contents = names.map((name) => `export * from './${name}.ts'`).join('\n');
    const stdin = { contents, resolveDir: fileURLToPath(SOURCES), loader: 'ts' };
    await build({ stdin, bundle: true, format: 'esm', platform: 'node', target: 'node20', outfile, logLevel: 'error' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const page = await pageModules(['bytes', 'download', 'engine', 'error', 'frame', 'host-cipher', 'keys', 'link', 'media', 'module', 'open', 'opening', 'seal', 'sealed-file', 'store']);

export const wasm = await WebAssembly.compile(
  await readFile(new URL('keyfront-page.wasm', SOURCES)).catch(() => {
    throw new Error('web/src/sealing/keyfront-page.wasm is missing: run web/module/bundle');
  }),
);

export const MIB = 2 ** 20;

/** Bytes that look random and are the same every time. */
export function content(length, seed = 1) {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

export const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/** Serves a body as the CDN does, ranges too; `breaks` connections end after that many bytes. */
export function served(body, { breaks = [], status } = {}) {
  const requests = [];
  const get = async (url, { headers }) => {
    requests.push({ url, range: headers.range });
    if (status) return new Response('', { status });
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')[1]);
    const until = breaks.length > 0 ? from + breaks.shift() : body.length;
    if (from > 0 && from >= body.length) return new Response('', { status: 416 });
    let at = from;
    const stream = new ReadableStream({
      pull(controller) {
        const chunk = body.slice(at, Math.min(at + 65_537, until));
        at += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else if (until < body.length) controller.error(new TypeError('network error'));
        else controller.close();
      },
    });
    return new Response(stream, { status: from > 0 ? 206 : 200 });
  };
  return { get, requests };
}

/** A store that tells what became of it. */
export function recordingStore() {
  const store = {
    pieces: [],
    finished: false,
    discarded: false,
    write: (bytes) => void store.pieces.push(bytes.slice()),
    finish: async () => ((store.finished = true), new Blob(store.pieces)),
    discard: async () => void ((store.discarded = true), (store.pieces = [])),
  };
  return store;
}

/** An engine in this thread, over a body that is served and a store that records. */
export function engineOver(body, options = {}) {
  const store = options.store ?? recordingStore();
  const { get, requests } = served(body, options);
  return { engine: new page.LocalEngine(wasm, { fetch: get, store: async () => store, wait: async () => {} }), store, requests };
}

export const engine = new page.LocalEngine(wasm);

/** A file sealed with a key: what is uploaded. */
export async function sealed(bytes, key) {
  const file = await page.sealerWith(engine, key).seal(new Blob([bytes]), new AbortController().signal);
  const body = await bytesOf(await file.slice(0, file.length));
  const { metadata } = file;
  file.close();
  return { body, metadata };
}

export const refused = (code) => (error) => {
  if (error instanceof page.SealingError && error.code === code) return true;
  throw error;
};
