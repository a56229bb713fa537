// Times the handlers of two Lambda@Edge bundles against each other, interleaved in one process:
// `node bundles.mjs OLD_FOLDER NEW_FOLDER`. Prints the median of each (microseconds an origin-request event) and the
// median of the ratios within a round, which shared the machine's mood.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { event } from './keyfront.mjs';
import { credentials } from './reference-request.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 201);
const CALLS = 500;

const load = async (folder) => (await import(pathToFileURL(resolve(folder, 'index.mjs')))).handler;
const handlers = await Promise.all(process.argv.slice(2, 4).map(load));
process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
process.env.AWS_SESSION_TOKEN = credentials.sessionToken;
for (const handler of handlers) {
  if (!(await handler(event())).headers.authorization) throw new Error('a bundle did not sign');
}
const samples = handlers.map(() => []);

async function time(handler, calls) {
  const events = Array.from({ length: calls }, () => event());
  const start = performance.now();
  for (const one of events) await handler(one);
  return (1000 * (performance.now() - start)) / calls;
}

for (const handler of handlers) await time(handler, 20 * CALLS);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const turn of [0, 1]) {
    const which = (round + turn) % 2;
    samples[which].push(await time(handlers[which], CALLS));
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const ratios = samples[1].map((value, round) => value / samples[0][round]);
console.log(JSON.stringify({ old: median(samples[0]), new: median(samples[1]), ratio: median(ratios) }));
