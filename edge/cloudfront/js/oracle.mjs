// An independent SigV4 for the tests, from the specification, over the request CloudFront would send.

import { createHash, createHmac } from 'node:crypto';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The `authorization` a verifier computes for a returned request, CloudFront's own headers added. */
export function authorization(request, { secret, cfId }) {
  const value = (name) => (name === 'x-amz-cf-id' ? cfId : request.headers[name][0].value);
  const given = value('authorization');
  const [, scope] = /Credential=[^/]+\/([^,]+),/.exec(given);
  const [, names] = /SignedHeaders=([^,]+),/.exec(given);
  const [day, region, service] = scope.split('/');
  const path = service === 's3' ? request.uri : request.uri.replace(/\/+/g, '/').split('/').map(encode).join('/');
  const canonical = [
    request.method,
    path,
    request.querystring.split('&').sort().join('&'),
    ...names.split(';').map((name) => `${name}:${value(name)}`),
    '',
    names,
    value('x-amz-content-sha256'),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', value('x-amz-date'), scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce(hmac, `AWS4${secret}`);
  return given.replace(/Signature=.*/, `Signature=${hmac(key, toSign).toString('hex')}`);
}
