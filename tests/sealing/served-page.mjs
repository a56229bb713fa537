// The recipient's page and a content host, each on a port of its own, with the headers that the origin and the CDN send.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const WEB = new URL('../../web/', import.meta.url);
const path = (url) => fileURLToPath(url);

async function bundled(entry) {
  const { outputFiles } = await build({ entryPoints: [path(entry)], bundle: true, format: 'esm', target: 'es2023', write: false, logLevel: 'error' });
  return outputFiles[0].text;
}

async function files() {
  const open = (await readFile(new URL('open.html', WEB), 'utf8'))
    .replace('./src/open/open.css', './page/open.css')
    .replace('./src/open/main.ts', './page/main.js');
  const html = (script) => `<!doctype html><title>test</title><script type="module" src="./page/${script}"></script>`;
  return {
    '/open': ['text/html', open],
    '/seal': ['text/html', html('sealing-page.js')],
    '/favicon.ico': ['image/x-icon', ''],
    '/page/open.css': ['text/css', await readFile(new URL('src/open/open.css', WEB))],
    '/page/main.js': ['text/javascript', await bundled(new URL('src/open/main.ts', WEB))],
    '/page/sealing-page.js': ['text/javascript', await bundled(new URL('sealing-page.ts', import.meta.url))],
    // What Vite rewrites: the worker's address beside the script that starts it.
    '/page/worker.ts': ['text/javascript', await bundled(new URL('src/sealing/worker.ts', WEB))],
    '/page/keyfront-page.wasm': ['application/wasm', await readFile(new URL('src/sealing/keyfront-page.wasm', WEB))],
  };
}

async function listening(handler) {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() && server.closeAllConnections() };
}

export async function servePage() {
  const found = await files();
  const objects = new Map();
  const requests = [];
  const content = await listening((request, response) => {
    const { pathname } = new URL(request.url, 'http://content');
    requests.push({ url: request.url, headers: request.headers });
    const body = objects.get(pathname);
    const cors = { 'access-control-allow-origin': request.headers.origin ?? '*' };
    if (!body) return response.writeHead(403, cors).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const left = Buffer.from(body.buffer, body.byteOffset + from, body.length - from);
    response.writeHead(from > 0 ? 206 : 200, { ...cors, 'content-type': 'application/octet-stream', 'content-length': left.length });
    response.end(left);
  });
  const policy = [
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "worker-src 'self'", `connect-src 'self' ${content.url}`,
    `img-src 'self' blob: data: ${content.url}`, `media-src 'self' blob: ${content.url}`, "font-src 'self'", `frame-src blob: ${content.url}`,
    "manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join('; ');
  const page = await listening((request, response) => {
    const file = found[new URL(request.url, 'http://page').pathname];
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': file[0], 'content-security-policy': policy, 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    response.end(file[1]);
  });
  return { page: page.url, content: content.url, objects, requests, close: () => { page.close(); content.close(); } };
}
