// The signers Keyfront is measured against, each used as its documentation says, each returning the signed headers.

import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { AMZ_DATE, EMPTY_SHA256, UNIX_SECONDS, credentials, request } from './reference-request.mjs';

export async function aws4() {
  const { default: aws4 } = await import('aws4');
  return () => {
    const signed = aws4.sign(
      {
        service: 's3',
        region: request.region,
        method: request.method,
        host: request.host,
        path: request.path,
        headers: {
          Host: request.host,
          Range: request.range,
          'X-Amz-Cf-Id': request.cfId,
          'X-Amz-Content-Sha256': EMPTY_SHA256,
          'X-Amz-Date': AMZ_DATE,
        },
        extraHeadersToInclude: { range: true },
      },
      credentials,
    );
    return signed.headers;
  };
}

export async function aws4fetch() {
  const { AwsV4Signer } = await import('aws4fetch');
  const { aws4fetchSigner } = await import('./aws4fetch-signer.mjs');
  return aws4fetchSigner(AwsV4Signer);
}

/** Node's SHA-256 in the shape that Smithy asks for. */
class NodeSha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(bytes) {
    this.hash.update(bytes);
  }
  async digest() {
    return this.hash.digest();
  }
}

export async function smithy() {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({
    credentials,
    region: request.region,
    service: 's3',
    sha256: NodeSha256,
    uriEscapePath: false,
    applyChecksum: true,
  });
  const signingDate = new Date(UNIX_SECONDS * 1000);
  return async () => {
    const signed = await signer.sign(
      {
        method: request.method,
        protocol: 'https:',
        hostname: request.host,
        path: request.path,
        query: {},
        headers: {
          host: request.host,
          range: request.range,
          'x-amz-cf-id': request.cfId,
          'x-amz-content-sha256': EMPTY_SHA256,
        },
      },
      { signingDate },
    );
    return signed.headers;
  };
}

export async function blog() {
  const { blogSigner } = await import('./blog-signer.mjs');
  return blogSigner('derived');
}

export async function blogCached() {
  const { blogSigner } = await import('./blog-signer.mjs');
  return blogSigner('cached');
}

const peerModule = () => new WebAssembly.Module(readFileSync(new URL('./build/peer.wasm', import.meta.url)));

/** The floor: the SHA-256 compressions of one signature and nothing else, in one call. */
export function compressions() {
  const { exports } = new WebAssembly.Instance(peerModule());
  return () => exports.compress(26);
}

/** The aws-sigv4 crate as WASM; it gives the signature alone. */
export async function awsSigv4Wasm() {
  const { exports } = new WebAssembly.Instance(peerModule());
  let bytes;
  const refresh = () => {
    if (bytes?.buffer !== exports.memory.buffer) bytes = Buffer.from(exports.memory.buffer);
  };
  return () => {
    const { sessionToken } = credentials;
    const input = exports.input(sessionToken.length);
    refresh();
    bytes.latin1Write(sessionToken, input, sessionToken.length);
    const at = exports.sign();
    if (at === 0) throw new Error('aws-sigv4 refused the reference request');
    refresh();
    return { authorization: `Signature=${bytes.latin1Slice(at, at + 64)}` };
  };
}
