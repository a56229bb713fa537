// Node, Bun, Deno: the module is read from beside this file.

import { readFileSync } from 'node:fs';

import { start } from './signer.js';

const module = new WebAssembly.Module(readFileSync(new URL('./signer.wasm', import.meta.url)));
start(new WebAssembly.Instance(module));

export { Signer, SigningRefused } from './signer.js';
