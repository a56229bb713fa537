// Times one signer from nothing to its first and its 100th signature, in a process of its own: `node cold.mjs NAME`.
// Prints milliseconds as JSON. `NAME` may also be `compile-signer` or `compile-bundle`: compile and instantiate, alone.

import { readFileSync } from 'node:fs';

const LOADERS = {
  'keyfront-pure': () => keyfront('pure'),
  'keyfront-hybrid': () => keyfront('hybrid'),
  'shipped-handler': async () => {
    const { event, shippedHandler } = await import('./keyfront.mjs');
    const handler = await shippedHandler();
    return () => handler(event());
  },
};

async function keyfront(how) {
  const { compile, signer } = await import('./keyfront.mjs');
  return signer(compile(), how);
}

async function peer(name) {
  const peers = await import('./peers.mjs');
  return peers[name]();
}

const name = process.argv[2];
const compiles = { 'compile-signer': './build/signer.wasm', 'compile-bundle': '../dist/edge-cloudfront/keyfront-edge.wasm' };
if (compiles[name]) {
  const bytes = readFileSync(new URL(compiles[name], import.meta.url));
  const imports = { host: { sha256() {} }, edge: { sha256() {}, ecdsa() {} } };
  const start = performance.now();
  new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  console.log(JSON.stringify({ compile_and_instantiate: performance.now() - start }));
} else {
  const start = performance.now();
  const sign = await (LOADERS[name] ?? (() => peer(name)))();
  await sign();
  const first = performance.now() - start;
  for (let i = 1; i < 100; i += 1) await sign();
  console.log(JSON.stringify({ load_and_1: first, load_and_100: performance.now() - start }));
}
