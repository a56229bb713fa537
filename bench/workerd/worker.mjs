// A Worker that signs the reference request as often as it is asked: `/NAME/COUNT`. Clocks stand still while a
// Worker computes, so the caller takes the time. Answers with the last signature.

import { hash } from 'node:crypto';

import { AwsV4Signer } from 'aws4fetch';

import { blogSigner } from '../blog-signer.mjs';
import { aws4fetchSigner } from '../aws4fetch-signer.mjs';
import module from '../build/signer.wasm';
import { signing } from '../signer-module/signer.mjs';

const signers = {
  'keyfront pure wasm': signing(module, 'pure'),
  'keyfront hybrid': signing(module, 'hybrid', (bytes) => hash('sha256', bytes, 'latin1')),
  aws4fetch: aws4fetchSigner(AwsV4Signer),
  'node:crypto signer, keys cached': blogSigner('cached'),
  nothing: () => ({ authorization: '' }),
};

export default {
  async fetch({ url }) {
    const [name, count] = new URL(url).pathname.slice(1).split('/').map(decodeURIComponent);
    const sign = signers[name];
    let headers;
    if (name === 'aws4fetch') for (let i = 0; i < Number(count); i += 1) headers = await sign();
    else for (let i = 0; i < Number(count); i += 1) headers = sign();
    return new Response(new Headers(headers).get('authorization'));
  },
};
