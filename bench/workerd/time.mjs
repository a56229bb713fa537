// Starts workerd (npm) with worker.mjs on a free port, times its signers from outside, interleaved round by round, and
// prints the median and the best round as JSON, microseconds a signature. The least time of a request that signs nothing
// is taken off.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import workerdPackage from 'workerd';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 31);
const CALLS = { 'keyfront pure wasm': 3000, 'keyfront hybrid': 3000, 'node:crypto signer, keys cached': 2000, aws4fetch: 500 };

const config = fileURLToPath(new URL('./config.capnp', import.meta.url));
const child = spawn(workerdPackage.default, ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
try {
  const port = await portOf(child);
  console.log(JSON.stringify(await timed(`http://127.0.0.1:${port}`)));
} finally {
  child.kill();
}

/** workerd writes what it listens on to the control descriptor, a JSON object a line. */
async function portOf(child) {
  child.once('exit', (code) => {
    if (code) throw new Error(`workerd ended with status ${code}`);
  });
  let text = '';
  for await (const chunk of child.stdio[3]) {
    text += chunk;
    const line = text.split('\n').find((candidate) => candidate.includes('"listen"'));
    if (line) return JSON.parse(line).port;
  }
  throw new Error('workerd ended before it listened');
}

async function timed(origin) {
  const ask = async (name, count) => {
    const start = process.hrtime.bigint();
    const answer = await (await fetch(`${origin}/${encodeURIComponent(name)}/${count}`)).text();
    return { answer, microseconds: Number(process.hrtime.bigint() - start) / 1000 };
  };
  const signatures = new Set();
  for (const name of Object.keys(CALLS)) {
    const { answer } = await ask(name, 50);
    signatures.add(/Signature=(\w+)/.exec(answer)?.[1] ?? `${name}: ${answer.slice(0, 200)}`);
  }
  if (signatures.size !== 1) throw new Error(`signatures differ: ${[...signatures].join('\n')}`);
  const samples = {};
  let empty = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    empty = Math.min(empty, (await ask('nothing', 1)).microseconds);
    for (const [name, calls] of Object.entries(CALLS)) {
      const { microseconds } = await ask(name, calls);
      (samples[name] ??= []).push(microseconds / calls);
    }
  }
  for (const [name, times] of Object.entries(samples)) samples[name] = times.map((time) => time - empty / CALLS[name]);
  return Object.fromEntries(Object.entries(samples).map(([name, times]) => [name, summary(times)]));
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], best: sorted[0] };
}
