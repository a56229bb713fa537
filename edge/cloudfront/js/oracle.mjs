// An independent SigV4 for the tests, from the specification, over the request CloudFront would send.

import { createECDH, createHash, createHmac, createPublicKey, verify } from 'node:crypto';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Credential scope and string to sign of a returned request, CloudFront's own headers added. */
function stringToSign(request, cfId) {
  const value = (name) => (name === 'x-amz-cf-id' ? cfId : request.headers[name][0].value);
  const given = value('authorization');
  const [, algorithm] = /^(\S+) /.exec(given);
  const [, scope] = /Credential=[^/]+\/([^,]+),/.exec(given);
  const [, names] = /SignedHeaders=([^,]+),/.exec(given);
  const path = scope.includes('/s3/') ? request.uri : request.uri.replace(/\/+/g, '/').split('/').map(encode).join('/');
  const canonical = [
    request.method,
    path,
    request.querystring.split('&').sort().join('&'),
    ...names.split(';').map((name) => `${name}:${value(name)}`),
    '',
    names,
    value('x-amz-content-sha256'),
  ].join('\n');
  return { scope, toSign: [algorithm, value('x-amz-date'), scope, sha256(canonical)].join('\n') };
}

/** The `authorization` a verifier computes for a returned request. */
export function authorization(request, { secret, cfId }) {
  const { scope, toSign } = stringToSign(request, cfId);
  const key = scope.split('/').reduce(hmac, `AWS4${secret}`);
  const signature = hmac(key, toSign).toString('hex');
  return request.headers.authorization[0].value.replace(/Signature=.*/, `Signature=${signature}`);
}

/** The public half of an access key's SigV4A key, for OpenSSL. */
function publicKey(id, secret) {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  for (let counter = 1; counter < 255; counter += 1) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('AWS4-ECDSA-P256-SHA256\0'),
      Buffer.from(id),
      Buffer.from([counter, 0, 0, 1, 0]),
    ]);
    const candidate = BigInt(`0x${hmac(`AWS4A${secret}`, input).toString('hex')}`);
    if (candidate > order - 2n) continue;
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey((candidate + 1n).toString(16).padStart(64, '0'), 'hex');
    const point = ecdh.getPublicKey();
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  }
  throw new Error('no key');
}

/** Does OpenSSL verify this SigV4A signature (by default the returned request's own) over the returned request? */
export function multiRegionVerifies(request, { id, secret, cfId, authorization = request.headers.authorization[0].value }) {
  const [, signature] = /Signature=([0-9a-f]+)$/.exec(authorization);
  const { toSign } = stringToSign(request, cfId);
  return verify('sha256', Buffer.from(toSign), publicKey(id, secret), Buffer.from(signature, 'hex'));
}
