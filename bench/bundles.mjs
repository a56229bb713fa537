// Times the handlers of two Lambda@Edge bundles against each other, interleaved in one process:
// `node bundles.mjs OLD_FOLDER NEW_FOLDER`. Prints the median and the fastest twentieth of each (microseconds an origin-request event):
// on a busy machine the fast rounds say what the code costs. Run it again with the folders exchanged.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { event } from './keyfront.mjs';
import { credentials } from './reference-request.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 1001);
const CALLS = 100;

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

for (const handler of handlers) await time(handler, 100 * CALLS);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const turn of [0, 1]) {
    const which = (round + turn) % 2;
    samples[which].push(await time(handlers[which], CALLS));
  }
}
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
const figures = (share) => {
  const [old, recent] = samples.map((values) => quantile(values, share));
  return { old, new: recent, ratio: recent / old };
};
console.log(JSON.stringify({ median: figures(0.5), fastest: figures(0.05) }));
