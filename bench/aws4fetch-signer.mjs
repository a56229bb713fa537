// aws4fetch as its documentation says, for Node and workerd.

import { AMZ_DATE, EMPTY_SHA256, credentials, request } from './reference-request.mjs';

export function aws4fetchSigner(AwsV4Signer) {
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
