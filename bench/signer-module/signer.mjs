// The host's half of the signer module, for Node and workerd.

import { Buffer } from 'node:buffer';

import { EMPTY_SHA256, UNIX_SECONDS, credentials, request } from '../reference-request.mjs';

/**
 * @param how 'pure': all in WASM; 'hybrid': `sha256` (bytes -> latin1 string) hashes the canonical request
 */
export function signing(module, how, sha256) {
  let bytes = Buffer.alloc(0);
  let lengths;
  let known = {};
  const { exports } = new WebAssembly.Instance(module, {
    host: {
      // A string costs less than a Buffer, which comes with an ArrayBuffer of its own.
      sha256: (at, length, out) => bytes.latin1Write(sha256(bytes.subarray(at, at + length)), out, 32),
    },
  });
  const sign = how === 'pure' ? exports.sign_pure : exports.sign_hybrid;
  const refresh = () => {
    // Memory that grew leaves its old views empty, which costs less to see than `memory.buffer`.
    if (bytes.length !== 0) return;
    bytes = Buffer.from(exports.memory.buffer);
    lengths = new Uint32Array(exports.memory.buffer);
  };
  const write = (fields, text) => {
    const table = 4 * (1 + fields.length);
    // The heap gives places that are multiples of sixteen.
    const input = exports.input(table + text.length);
    refresh();
    lengths[input >> 2] = fields.length;
    for (let i = 0; i < fields.length; i += 1) lengths[(input >> 2) + 1 + i] = fields[i].length;
    bytes.latin1Write(text, input + table, text.length);
  };
  const remember = (given) => {
    const fields = [given.accessKeyId, given.secretAccessKey, given.sessionToken];
    write(fields, fields.join(''));
    if (exports.remember() === 0) throw new Error('the signer refused the credentials');
    known = { ...given };
  };
  const isKnown = ({ accessKeyId, secretAccessKey, sessionToken }) =>
    known.sessionToken === sessionToken && known.secretAccessKey === secretAccessKey && known.accessKeyId === accessKeyId;
  return () => {
    if (!isKnown(credentials)) remember(credentials);
    const { method, path, host, range, cfId, region } = request;
    const seconds = `${UNIX_SECONDS}`;
    write([method, path, '', host, range, cfId, region, 's3', seconds], method + path + host + range + cfId + region + 's3' + seconds);
    const at = sign();
    if (at === 0) throw new Error('the signer refused the reference request');
    refresh();
    const written = bytes.latin1Slice(at + 4, at + 20 + lengths[at >> 2]);
    return {
      authorization: written.slice(16),
      'x-amz-content-sha256': EMPTY_SHA256,
      'x-amz-date': written.slice(0, 16),
      'x-amz-security-token': credentials.sessionToken,
    };
  };
}
