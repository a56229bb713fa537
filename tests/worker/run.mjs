// The built Worker in workerd, for tests that are written elsewhere. One line of JSON in (below), one out
// ({"url","pid"}); it ends when its input does.
//
//   vars    the Worker's variables and secrets
//   table   {"host name": "127.0.0.1:port"}: where names are served from; every other host is really asked
//   bundle  the folder of the built Worker
//   broken  whether a request for /break finds an environment that throws in the middle of the module's work, whose
//           memory then stays borrowed: it panics at whoever comes next
//   dev     a dev.json whose `credentials.edge` are the Worker's secrets, read anew with every request: what a warm
//           isolate sees when they are replaced
//
// The cache of Cloudflare's network is simulated.
//
// The socket is the Worker's own: nothing stands before it that would parse a URL or add a header.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Miniflare, Response } from 'miniflare';

const BUNDLE = fileURLToPath(new URL('../../dist/edge-worker/', import.meta.url));
const MODULE = 'keyfront_edge_worker_bg.wasm';

// What a name is, on the public network: bytes pass as they are, `Host` included.
const RESOLVER = `export default {
  fetch(request, env) {
    const authority = request.url.split('/')[2];
    return (env[authority] ?? env.network).fetch(request);
  },
};`;

const ROTATING = `import edge from './index.mjs';
export default {
  async fetch(request, env, context) {
    const secrets = await (await env.SECRETS.fetch('http://secrets/')).json();
    return edge.fetch(request, { ...env, ...secrets }, context);
  },
};`;

const BROKEN = `import edge from './index.mjs';
const broken = new Proxy({}, { get() { throw new Error('broken on purpose'); } });
export default {
  fetch: (request, env, context) => edge.fetch(request, request.url.endsWith('/break') ? broken : env, context),
};`;

function secrets(path) {
  const { edge } = JSON.parse(readFileSync(path, 'utf8')).credentials;
  return Response.json({
    AWS_ACCESS_KEY_ID: edge.access_key_id,
    AWS_SECRET_ACCESS_KEY: edge.secret_access_key,
    AWS_SESSION_TOKEN: edge.session_token,
  });
}

/** Miniflare's options for a configuration. */
export function options({ vars, table = {}, bundle = BUNDLE, compatibilityDate, dev, broken = false }) {
  const wrangler = readFileSync(`${bundle}/wrangler.jsonc`, 'utf8');
  const services = Object.entries(table).map(([host, address]) => [host, { external: { address, http: {} } }]);
  const edge = {
    name: 'edge',
    modules: [
      ...(dev ? [{ type: 'ESModule', path: 'rotating.mjs', contents: ROTATING }] : []),
      ...(broken ? [{ type: 'ESModule', path: 'broken.mjs', contents: BROKEN }] : []),
      { type: 'ESModule', path: 'index.mjs', contents: readFileSync(`${bundle}/index.mjs`, 'utf8') },
      { type: 'CompiledWasm', path: MODULE, contents: readFileSync(`${bundle}/${MODULE}`) },
    ],
    compatibilityDate: compatibilityDate ?? wrangler.match(/"compatibility_date": "([0-9-]+)"/)[1],
    bindings: vars,
    ...(dev && { serviceBindings: { SECRETS: () => secrets(dev) } }),
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    ...(services.length > 0 && { outboundService: 'resolver' }),
  };
  const resolver = {
    name: 'resolver',
    modules: [{ type: 'ESModule', path: 'resolver.mjs', contents: RESOLVER }],
    compatibilityDate: edge.compatibilityDate,
    serviceBindings: { ...Object.fromEntries(services), network: { network: { allow: ['public', 'private'] } } },
  };
  return {
    workers: services.length > 0 ? [edge, resolver] : [edge],
    handleRuntimeStdio(stdout, stderr) {
      stdout.pipe(process.stderr);
      stderr.pipe(process.stderr);
    },
  };
}

/** The runtime is the one child of this process. */
function runtimePid() {
  return Number(readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')[0]);
}

async function main() {
  let miniflare;
  for await (const line of createInterface({ input: process.stdin })) {
    miniflare = new Miniflare(options(JSON.parse(line)));
    await miniflare.ready;
    const url = await miniflare.unsafeGetDirectURL('edge');
    console.log(JSON.stringify({ url: url.origin, pid: runtimePid() }));
  }
  await miniflare?.dispose();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
