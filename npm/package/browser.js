// Browsers and bundlers that resolve `new URL(..., import.meta.url)`.

import { start } from './signer.js';

const response = await fetch(new URL('./signer.wasm', import.meta.url));
const { instance } = await WebAssembly.instantiate(await response.arrayBuffer());
start(instance);

export { Signer, SigningRefused } from './signer.js';
