// Cloudflare Workers: the bundler hands the module over, compiled; code cannot be compiled at run time there.

import module from './signer.wasm';

import { start } from './signer.js';

start(new WebAssembly.Instance(module));

export { Signer, SigningRefused } from './signer.js';
