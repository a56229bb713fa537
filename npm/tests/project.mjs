// A fresh npm project with the package installed from its tarball, and servers that keep what arrived.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const TOOLS = fileURLToPath(new URL('./node_modules/', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../dist/sigv4-npm/', import.meta.url));

/** The folder of the project; `remove` deletes it. */
export function freshProject() {
  if (!existsSync(join(PACKAGE, 'signer.wasm'))) throw new Error('there is no dist/sigv4-npm; run scripts/bundle-npm first');
  const folder = mkdtempSync(join(tmpdir(), 'keyfront-npm-'));
  const npm = (...words) => execFileSync('npm', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ filename, files }] = JSON.parse(npm('pack', '--json', PACKAGE));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fresh', version: '1.0.0', type: 'module' }));
  npm('install', '--offline', '--no-audit', '--no-fund', join(folder, filename));
  return {
    folder,
    packed: files.map(({ path }) => path),
    installed: join(folder, 'node_modules', '@keyfront', 'sigv4'),
    write: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    load: async () => {
      writeFileSync(join(folder, 'load.js'), "export * from '@keyfront/sigv4';\n");
      return import(pathToFileURL(join(folder, 'load.js')).href);
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A server on a free loopback port. `arrived` holds every request as it came over the wire. */
export async function listen(answer = (request, response) => response.end('ok')) {
  const arrived = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    arrived.push({ method, url, headers, body: Buffer.concat(chunks) });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${server.address().port}`;
  return { host, arrived, close: () => server.close() };
}
