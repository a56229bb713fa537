// A signer as blog posts about Lambda@Edge write it: canonical request by hand, `createHash` and `createHmac`. Written
// for this benchmark; also the node:crypto signer that workerd is measured with.

import { createHash, createHmac } from 'node:crypto';

import { AMZ_DATE, EMPTY_SHA256, credentials, request } from './reference-request.mjs';

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

function signingKey(secret, day, region) {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), 's3'), 'aws4_request');
}

/** @param keys 'derived' for every signature, as the posts do it, or 'cached' by everything the key depends on */
export function blogSigner(keys) {
  const cache = new Map();
  const keyOf = (secret, day, region) => {
    if (keys === 'derived') return signingKey(secret, day, region);
    const name = `${secret}/${day}/${region}`;
    if (!cache.has(name)) cache.set(name, signingKey(secret, day, region));
    return cache.get(name);
  };
  return () => {
    const headers = {
      host: request.host,
      range: request.range,
      'x-amz-cf-id': request.cfId,
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': AMZ_DATE,
      'x-amz-security-token': credentials.sessionToken,
    };
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name].trim()}\n`).join('');
    const signed = names.join(';');
    const canonical = [request.method, request.path, '', lines, signed, EMPTY_SHA256].join('\n');
    const day = AMZ_DATE.slice(0, 8);
    const scope = `${day}/${request.region}/s3/aws4_request`;
    const digest = createHash('sha256').update(canonical).digest('hex');
    const text = `AWS4-HMAC-SHA256\n${AMZ_DATE}\n${scope}\n${digest}`;
    const key = keyOf(credentials.secretAccessKey, day, request.region);
    const signature = createHmac('sha256', key).update(text).digest('hex');
    headers.authorization =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  };
}
