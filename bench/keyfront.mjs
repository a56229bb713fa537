// Keyfront's signer, alone (bench/signer-module) and in the handler that is shipped (dist/edge-cloudfront).

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { EMPTY_SHA256, UNIX_SECONDS, credentials, request } from './reference-request.mjs';

const MODULE = new URL('./build/signer.wasm', import.meta.url);
const HANDLER = new URL('../dist/edge-cloudfront/index.mjs', import.meta.url);

/** Twelve lengths before the fields; the allocator gives places that are multiples of eight. */
const TABLE = 12 * 4;

export const compile = () => new WebAssembly.Module(readFileSync(MODULE));

/**
 * The headers to add, `authorization` among them.
 * @param how 'pure': all in WASM; 'hybrid': the canonical request is hashed by Node
 */
export function signer(module, how) {
  let bytes;
  let lengths;
  const { exports } = new WebAssembly.Instance(module, {
    host: {
      // A string costs less than a Buffer, which comes with an ArrayBuffer of its own.
      sha256: (at, length, out) => bytes.latin1Write(hash('sha256', bytes.subarray(at, at + length), 'latin1'), out, 32),
    },
  });
  const sign = how === 'pure' ? exports.sign_pure : exports.sign_hybrid;
  const refresh = () => {
    if (bytes?.buffer === exports.memory.buffer) return;
    bytes = Buffer.from(exports.memory.buffer);
    lengths = new Uint32Array(exports.memory.buffer);
  };
  return () => {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const { method, path, host, range, cfId, region } = request;
    const fields = [method, path, '', host, range, cfId, accessKeyId, secretAccessKey, sessionToken, region, 's3'];
    fields.push(`${UNIX_SECONDS}`);
    const text = fields.join('');
    const input = exports.input(TABLE + text.length);
    refresh();
    for (let i = 0; i < fields.length; i += 1) lengths[input / 4 + i] = fields[i].length;
    bytes.latin1Write(text, input + TABLE, text.length);
    const at = sign();
    if (at === 0) throw new Error('the signer refused the reference request');
    refresh();
    const authorization = bytes.latin1Slice(at + 20, at + 20 + bytes.readUInt32LE(at));
    return {
      authorization,
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': bytes.latin1Slice(at + 4, at + 20),
      'x-amz-security-token': sessionToken,
    };
  };
}

const SITE = JSON.stringify({
  v: 1,
  bucket: 'keyfront-bench',
  region: request.region,
  style: 'virtual',
  query: [],
  signing: 'sigv4',
});

/** An origin-request event as CloudFront sends it to a custom origin. Events are changed by the handler: one a call. */
export function event() {
  const header = (key, value) => [{ key, value }];
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: 'd111111abcdef8.cloudfront.net',
            distributionId: 'EDFDVBD6EXAMPLE',
            eventType: 'origin-request',
            requestId: request.cfId,
          },
          request: {
            clientIp: '203.0.113.178',
            method: request.method,
            uri: request.path,
            querystring: '',
            headers: {
              host: header('Host', request.host),
              range: header('Range', request.range),
              'user-agent': header('User-Agent', 'Amazon CloudFront'),
              via: header('Via', '2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)'),
              'x-forwarded-for': header('X-Forwarded-For', '203.0.113.178'),
              'accept-encoding': header('Accept-Encoding', 'gzip, br'),
            },
            origin: {
              custom: {
                customHeaders: { 'x-keyfront-site': header('x-keyfront-site', SITE) },
                domainName: request.host,
                keepaliveTimeout: 5,
                path: '',
                port: 443,
                protocol: 'https',
                readTimeout: 30,
                sslProtocols: ['TLSv1.2'],
              },
            },
          },
        },
      },
    ],
  };
}

/** The handler of the bundle, with the credentials where Lambda puts them. */
export async function shippedHandler() {
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  process.env.AWS_SESSION_TOKEN = credentials.sessionToken;
  delete process.env.AWS_CREDENTIAL_EXPIRATION;
  const { handler } = await import(HANDLER);
  return handler;
}
