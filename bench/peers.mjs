// The signers Keyfront is measured against, each used as its documentation says, each returning the signed headers.

import { createHash, createHmac } from 'node:crypto';

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
  const cache = new Map();
  return async () => {
    const signer = new AwsV4Signer({
      ...credentials,
      service: 's3',
      region: request.region,
      method: request.method,
      url: `https://${request.host}${request.path}`,
      headers: {
        range: request.range,
        'x-amz-cf-id': request.cfId,
        'x-amz-content-sha256': EMPTY_SHA256,
      },
      datetime: AMZ_DATE,
      allHeaders: true,
      cache,
    });
    const { headers } = await signer.sign();
    return headers;
  };
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
