// Times one signer from nothing to its 100th signature, in a process of its own: `node cold.mjs NAME`. Prints
// milliseconds as JSON.

const start = performance.now();
const name = process.argv[2];
let compiled;
let sign;
if (name === 'keyfront-pure' || name === 'keyfront-hybrid') {
  const { compile, signer } = await import('./keyfront.mjs');
  const before = performance.now();
  const module = compile();
  sign = signer(module, name.slice('keyfront-'.length));
  compiled = performance.now() - before;
} else if (name === 'shipped-handler') {
  const { event, shippedHandler } = await import('./keyfront.mjs');
  const handler = await shippedHandler();
  sign = () => handler(event());
} else {
  const peers = await import('./peers.mjs');
  sign = await peers[name]();
}
for (let i = 0; i < 100; i += 1) await sign();
console.log(JSON.stringify({ total: performance.now() - start, compile_and_instantiate: compiled }));
