// Times the first origin-request event of a Lambda@Edge bundle after its module is loaded, and the loading itself, in a
// process of its own: `node first-request.mjs FOLDER`. Prints milliseconds as JSON.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { event } from './keyfront.mjs';
import { credentials } from './reference-request.mjs';

process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
process.env.AWS_SESSION_TOKEN = credentials.sessionToken;
const first = event();
const start = performance.now();
const { handler } = await import(pathToFileURL(resolve(process.argv[2], 'index.mjs')));
const loaded = performance.now();
const signed = await handler(first);
const served = performance.now();
if (!signed.headers.authorization) throw new Error('the bundle did not sign');
console.log(JSON.stringify({ load: loaded - start, first: served - loaded }));
