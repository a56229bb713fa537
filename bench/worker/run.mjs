// Loads three Workers in front of one origin, each in a workerd of its own, with wrk, round by round: ours as it is
// deployed, the peer on aws4fetch, and one that fetches unsigned. Prints the median and the best round as JSON: requests
// a second under load, microseconds a request on one connection, and microseconds of CPU a request cost the Worker's
// process under load, which other work on the machine disturbs least. Ours is loaded a second time with signed cookies that it
// has seen before, for an object that only admitted viewers read, and a third time with cookies that it verifies each time anew,
// beside which node:crypto verifies the same signatures in this process.
//
// `If-Match` keeps the request from every cache, so that each is signed.

import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import workerdPackage from 'workerd';

const ROUNDS = Number(process.env.BENCH_WORKER_ROUNDS ?? 7);
const SECONDS = Number(process.env.BENCH_WORKER_SECONDS ?? 2);
const WARM_SECONDS = Number(process.env.BENCH_WORKER_WARM_SECONDS ?? 8);
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const BUILD = path('../build/');
const KEY = '/media/2026/a%20file%20with%20a%20name%20of%20some%20length.txt?v=3&utm_source=x';
const PROTECTED = KEY.replace('/media/', '/members/');

const SECRETS = {
  AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'T0ken/+='.repeat(112) + 'abc',
};
const running = [];

/** A workerd with one Worker; its origin, if it has one, is given by name. */
async function serve(name, modules, bindings) {
  const quoted = (text) => JSON.stringify(text);
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${modules.map(([as, kind, file]) => `(name = ${quoted(as)}, ${kind} = embed ${quoted(file)})`).join(', ')}],
  bindings = [${Object.entries(bindings).map(([as, text]) => `(name = ${quoted(as)}, text = ${quoted(text)})`).join(', ')}],
  compatibilityDate = "2026-03-10",
);
`;
  mkdirSync(BUILD, { recursive: true });
  const file = `${BUILD}worker-${name}.capnp`;
  writeFileSync(file, config);
  const child = spawn(workerdPackage.default, ['serve', file, '--control-fd=3'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  running.push(child);
  let text = '';
  for await (const chunk of child.stdio[3]) {
    text += chunk;
    const line = text.split('\n').find((candidate) => candidate.includes('"listen"'));
    if (line) return { url: `http://127.0.0.1:${JSON.parse(line).port}`, pid: child.pid };
  }
  throw new Error(`workerd ended before ${name} listened`);
}

const viewer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY_ID = 'KBENCH';

function site(endpoint) {
  const bucket = { v: 1, bucket: 'bench-bucket', region: 'eu-west-1', endpoint, style: 'path', query: ['v'], signing: 'sigv4', viewers: { prefixes: ['members/'] } };
  const viewers = { keys: [{ id: KEY_ID, pem: viewer.publicKey.export({ type: 'spki', format: 'pem' }) }] };
  return JSON.stringify({ v: 1, sites: [{ match: {}, site: bucket, viewers }] });
}

/** Signed cookies for all that is protected until some seconds after a day from now, as CloudFront takes them. */
function cookies(url, seconds = 0) {
  const until = { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) + 86400 + seconds } };
  const policy = JSON.stringify({ Statement: [{ Resource: `${url}/members/*`, Condition: until }] });
  const text = (bytes) => Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
  const values = { Policy: text(policy), Signature: text(sign('sha256', policy, viewer.privateKey)), 'Key-Pair-Id': KEY_ID, 'Hash-Algorithm': 'SHA256' };
  return Object.entries(values).map(([name, value]) => `CloudFront-${name}=${value}`).join('; ');
}

/** A script of wrk that sends one of many cookies after the other: more than the Worker remembers. */
function takingTurns(all) {
  const file = `${BUILD}cookies.lua`;
  const list = all.map((cookie) => JSON.stringify(cookie)).join(',\n');
  writeFileSync(file, `local all = {${list}}\nlocal at = 0\nfunction request()\n  at = at % #all + 1\n  wrk.headers["Cookie"] = all[at]\n  return wrk.format()\nend\n`);
  return file;
}

/** Microseconds in which node:crypto verifies a signature over a policy, the median of many. */
function verification() {
  const policy = `{"Statement":[{"Resource":"http://127.0.0.1:8787/members/*","Condition":{"DateLessThan":{"AWS:EpochTime":1800000000}}}]}`;
  const signature = sign('sha256', policy, viewer.privateKey);
  const times = Array.from({ length: 2000 }, () => {
    const begun = process.hrtime.bigint();
    if (!verify('sha256', policy, viewer.publicKey, signature)) throw new Error('not verified');
    return Number(process.hrtime.bigint() - begun) / 1e3;
  });
  return summary(times, 'less');
}

async function contenders() {
  const { url: origin } = await serve('origin', [['origin.mjs', 'esModule', '../worker/origin.mjs']], {});
  const aws4fetch = ['aws4fetch', 'esModule', '../node_modules/aws4fetch/dist/aws4fetch.esm.mjs'];
  const ours = ['index.mjs', 'keyfront_edge_worker_bg.wasm'];
  const keyfront = await serve(
    'keyfront',
    [[ours[0], 'esModule', `../../dist/edge-worker/${ours[0]}`], [ours[1], 'wasm', `../../dist/edge-worker/${ours[1]}`]],
    { KEYFRONT_SITES: site(origin), ...SECRETS },
  );
  return {
    keyfront,
    'keyfront, cookies': { ...keyfront, key: PROTECTED, cookie: cookies(keyfront.url), headers: ['-H', `Cookie: ${cookies(keyfront.url)}`] },
    'keyfront, new cookies': {
      ...keyfront,
      key: PROTECTED,
      cookie: cookies(keyfront.url),
      headers: ['-s', takingTurns(Array.from({ length: 1000 }, (_, seconds) => cookies(keyfront.url, seconds)))],
    },
    aws4fetch: await serve('peer', [['peer.mjs', 'esModule', '../worker/peer.mjs'], aws4fetch], { ORIGIN: origin, ...SECRETS }),
    unsigned: await serve('unsigned', [['unsigned.mjs', 'esModule', '../worker/unsigned.mjs']], { ORIGIN: origin }),
  };
}

/** One Worker answers as the others do, or nothing is timed. */
async function check(name, { url, key = KEY, cookie }) {
  const headers = cookie ? { cookie } : {};
  const answer = await fetch(url + key, { headers: { 'if-match': '"0123456789abcdef"', ...headers } });
  const length = (await answer.text()).length;
  if (answer.status !== 200 || length !== 1024) throw new Error(`${name} answers ${answer.status} with ${length} bytes`);
}

/** Microseconds of CPU a process has used, its threads' together; the kernel counts in hundredths of a second. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 1e4;
}

/** One run of wrk: requests a second, the median latency and the CPU a request cost, in microseconds. */
function load({ url, pid, key = KEY, headers = [] }, connections, seconds = SECONDS) {
  const before = cpu(pid);
  const text = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', 'If-Match: "0123456789abcdef"', ...headers, url + key], { encoding: 'utf8' });
  if (/Non-2xx/.test(text)) throw new Error(text);
  const [, latency, unit] = /50%\s+([\d.]+)(us|ms|s)/.exec(text);
  return {
    requests: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    latency: latency * { us: 1, ms: 1e3, s: 1e6 }[unit],
    cpu: (cpu(pid) - before) / Number(/(\d+) requests in/.exec(text)[1]),
  };
}

function summary(values, better) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], best: better === 'more' ? sorted.at(-1) : sorted[0] };
}

async function main() {
  const workers = await contenders();
  for (const [name, worker] of Object.entries(workers)) await check(name, worker);
  const samples = Object.fromEntries(Object.keys(workers).map((name) => [name, { requests: [], latency: [], cpu: [] }]));
  // V8 compiles what is hot in the background, which takes some thousand requests.
  for (const worker of Object.values(workers)) load(worker, 16, WARM_SECONDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, worker] of Object.entries(workers)) {
      const loaded = load(worker, 16);
      samples[name].requests.push(loaded.requests);
      samples[name].cpu.push(loaded.cpu);
      samples[name].latency.push(load(worker, 1).latency);
    }
  }
  const results = Object.entries(samples).map(([name, { requests, latency, cpu: used }]) => [
    name,
    {
      requests_per_second: summary(requests, 'more'),
      latency_us: summary(latency, 'less'),
      cpu_us: summary(used, 'less'),
    },
  ]);
  console.log(JSON.stringify({ ...Object.fromEntries(results), 'node:crypto': { verify_us: verification() } }));
}

try {
  await main();
} finally {
  for (const child of running) child.kill();
}
