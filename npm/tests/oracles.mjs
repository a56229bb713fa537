// What other signers write for the same request.

import aws4 from 'aws4';
import { AwsV4Signer } from 'aws4fetch';

/** Headers that ours signs when a request has them. */
const isSigned = (name) => name === 'host' || name.startsWith('x-amz-');

/** aws4's `authorization` for a request as a server saw it: nothing else is known of it. */
export function aws4OfWire({ method, url, headers, body }, { region, service, credentials }) {
  const signed = Object.entries(headers).filter(([name]) => isSigned(name) && name !== 'x-amz-security-token');
  const request = { service, region, method, path: url, headers: Object.fromEntries(signed), body, doNotModifyHeaders: false };
  request.headers.Host = headers.host;
  delete request.headers.host;
  // Left alone, aws4 adds these and signs them; unsigned they are sent all the same.
  request.extraHeadersToIgnore = { 'content-length': true, 'content-type': true };
  return aws4.sign(request, credentials).headers.Authorization;
}

/** aws4fetch's request for a request not yet sent. */
export function aws4fetch({ url, method, headers, body }, { region, service, credentials, date }) {
  const signer = new AwsV4Signer({ ...credentials, region, service, url, method, headers, body, datetime: date });
  return signer.sign();
}

/** aws4fetch's presigned URL. */
export async function aws4fetchPresigned(url, expires, { region, service, credentials, date }) {
  const expiring = new URL(url);
  expiring.searchParams.set('X-Amz-Expires', `${expires}`);
  const signer = new AwsV4Signer({ ...credentials, region, service, url: expiring, datetime: date, signQuery: true });
  return (await signer.sign()).url;
}
