// Times warm signers in one process, interleaved round by round, and prints the median, the best and every round
// (microseconds a signature) as JSON: on a busy machine the medians say who suffers, the best what the code costs, and
// ratios within a round, whose signers shared the machine's mood, are what can be compared.
// First every signer must make the same signature, and the shipped handler the one aws4 makes.

import aws4Package from 'aws4';

import { compile, event, shippedHandler, signer } from './keyfront.mjs';
import { aws4, aws4fetch, awsSigv4Wasm, blog, blogCached, compressions, smithy } from './peers.mjs';
import { credentials, request } from './reference-request.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 81);
const ROUND_MILLISECONDS = 5;
const WARM_UP_MILLISECONDS = 400;

const module = compile();
const signers = {
  'keyfront hybrid': { sign: signer(module, 'hybrid') },
  'keyfront pure wasm': { sign: signer(module, 'pure') },
  aws4: { sign: await aws4() },
  smithy: { sign: await smithy(), asynchronous: true },
  aws4fetch: { sign: await aws4fetch(), asynchronous: true },
  'blog style, keys derived': { sign: await blog() },
  'blog style, keys cached': { sign: await blogCached() },
  'aws-sigv4 crate as wasm': { sign: await awsSigv4Wasm() },
};
await assertSameSignature();

const handler = await shippedHandler();
await assertHandlerSignsLikeAws4();
signers['26 compressions in wasm'] = { sign: compressions() };
signers['shipped handler, event in to event out'] = { sign: handler, inputs: event, asynchronous: true };

const entries = Object.values(signers);
for (const entry of entries) await calibrate(entry);
for (let round = 0; round < ROUNDS; round += 1) {
  // Another one begins every time, so that nobody is always behind the same neighbour.
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[(round + i) % entries.length];
    entry.samples.push(await time(entry, entry.calls));
  }
}
const results = Object.entries(signers).map(([name, { samples }]) => [name, summary(samples)]);
console.log(JSON.stringify(Object.fromEntries(results)));

async function assertSameSignature() {
  const signatures = {};
  for (const [name, { sign }] of Object.entries(signers)) {
    const headers = new Headers(await sign());
    signatures[name] = /Signature=(\w+)/.exec(headers.get('authorization'))[1];
  }
  if (new Set(Object.values(signatures)).size !== 1) {
    throw new Error(`signatures differ: ${JSON.stringify(signatures, null, 1)}`);
  }
}

async function assertHandlerSignsLikeAws4() {
  const { headers, uri, status, body } = await handler(event());
  if (status !== undefined) throw new Error(`the handler answered ${status}: ${body}`);
  const value = (name) => headers[name][0].value;
  const signed = aws4Package.sign(
    {
      service: 's3',
      region: request.region,
      method: request.method,
      host: request.host,
      path: uri,
      headers: {
        Host: value('host'),
        'X-Amz-Cf-Id': request.cfId,
        'X-Amz-Content-Sha256': value('x-amz-content-sha256'),
        'X-Amz-Date': value('x-amz-date'),
      },
    },
    credentials,
  );
  if (signed.headers.Authorization !== value('authorization')) {
    throw new Error(`the handler and aws4 differ:\n${value('authorization')}\n${signed.headers.Authorization}`);
  }
}

/** Warms a signer up and finds how many calls fill a round. */
async function calibrate(entry) {
  entry.samples = [];
  const end = performance.now() + WARM_UP_MILLISECONDS;
  let best = Infinity;
  while (performance.now() < end) best = Math.min(best, await time(entry, 100));
  entry.calls = Math.max(20, Math.round((ROUND_MILLISECONDS * 1000) / best));
}

/** Microseconds a call. Inputs are made before the clock starts. */
async function time({ sign, inputs, asynchronous }, calls) {
  const prepared = inputs ? Array.from({ length: calls }, inputs) : [];
  const start = process.hrtime.bigint();
  if (asynchronous) for (let i = 0; i < calls; i += 1) await sign(prepared[i]);
  else for (let i = 0; i < calls; i += 1) sign();
  return Number(process.hrtime.bigint() - start) / 1000 / calls;
}

function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], best: sorted[0], rounds: samples };
}
