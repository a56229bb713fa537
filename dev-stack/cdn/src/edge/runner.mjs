// Runs one Lambda@Edge bundle: a line of JSON in is an invocation, a line of JSON out is what its handler returned.
// Started by the dev stack as `node --input-type=module -e <this> <bundle>`. It is not part of any bundle.
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';

const write = process.stdout.write.bind(process.stdout);
const answer = (message) => write(`${JSON.stringify(message)}\n`);
// Standard output carries the protocol, so whatever the bundle logs goes to standard error.
process.stdout.write = process.stderr.write.bind(process.stderr);

const reasonOf = (thrown) => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));

// What a function asks by itself goes where the CDN's own requests go: by name to a port of this machine, and nowhere else.
const origins = JSON.parse(process.env.KEYFRONT_ORIGINS ?? '{}');
delete process.env.KEYFRONT_ORIGINS;
const kept = new http.Agent({ keepAlive: true });
https.request = ({ host, agent: _, ...options }, answered) => {
  const names = host.split('.');
  const wider = names.map((_, i) => `*.${names.slice(i + 1).join('.')}`);
  const place = [host, ...wider].find((name) => name in origins);
  if (place === undefined) throw new Error(`no origin is called ${host}`);
  const [address, port] = origins[place].split(':');
  return http.request({ ...options, host: address, port, agent: kept }, answered);
};
syncBuiltinESMExports();

let handler;
try {
  ({ handler } = await import(pathToFileURL(process.argv[1]).href));
  if (typeof handler !== 'function') throw new TypeError('the bundle exports no function named handler');
  answer({ ready: process.version });
} catch (thrown) {
  answer({ broken: reasonOf(thrown) });
  process.exitCode = 1;
  process.stdin.destroy();
}

const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'];

const invoke = async ([id, credentials, event]) => {
  try {
    CREDENTIALS.forEach((name, i) => {
      if (typeof credentials[i] === 'string') process.env[name] = credentials[i];
      else delete process.env[name];
    });
    const returned = await handler(event, { awsRequestId: event.Records[0].cf.config.requestId });
    answer({ id, returned: returned ?? null });
  } catch (thrown) {
    answer({ id, threw: reasonOf(thrown) });
  }
};

// Split on the newline byte alone: `node:readline` also breaks lines at U+2028, which JSON strings may hold.
let pending = [];
process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    pending.push(chunk.subarray(start, end));
    const line = Buffer.concat(pending).toString('utf8');
    pending = [];
    start = end + 1;
    void invoke(JSON.parse(line));
  }
  if (start < chunk.length) pending.push(chunk.subarray(start));
});
// The stack is gone: no invocation can be answered any more.
process.stdin.on('end', () => process.exit());
