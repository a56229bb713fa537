// Keyfront's signer, alone (bench/signer-module) and in the handler that is shipped (dist/edge-cloudfront).

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { signing } from './signer-module/signer.mjs';
import { credentials, request } from './reference-request.mjs';

const MODULE = new URL('./build/signer.wasm', import.meta.url);
const HANDLER = new URL('../dist/edge-cloudfront/index.mjs', import.meta.url);

export const compile = () => new WebAssembly.Module(readFileSync(MODULE));

/**
 * The headers to add, `authorization` among them.
 * @param how 'pure': all in WASM; 'hybrid': the canonical request is hashed by Node
 */
export const signer = (module, how) => signing(module, how, (bytes) => hash('sha256', bytes, 'latin1'));

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
