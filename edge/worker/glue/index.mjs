// The Worker's entry: one instance of the module an isolate, and an answer for whatever goes wrong in it. The runtime's
// own error page would tell less, and a request passed on as it came would be an open door.

import module from './keyfront_edge_worker_bg.wasm';
import { __wbg_reset_state as reset, fetch as serve, initSync } from './keyfront_edge_worker.js';
import { onPanic } from 'keyfront-wire';

initSync({ module });

// A panic (there should be none) ends the instance in the middle of whatever was going on: every request it was
// serving is answered, and the next one gets a new instance.
class Panicked extends Error {}

const underWay = new Set();
let lost = false;
onPanic((place) => {
  lost = true;
  for (const fail of underWay) fail(new Panicked(`the module panicked at ${place}`));
  underWay.clear();
});

function served(request, env, context) {
  return new Promise((resolve, fail) => {
    underWay.add(fail);
    const settle = (settled) => (value) => {
      underWay.delete(fail);
      settled(value);
    };
    serve(request, env, context).then(settle(resolve), settle(fail));
  });
}

function failed(request, error) {
  const id = request.headers.get('cf-ray') ?? crypto.randomUUID();
  console.error(`keyfront event-invalid request ${id}: ${error?.message}`);
  const headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-keyfront-request-id': id,
  };
  const problem = {
    type: 'urn:keyfront:event-invalid',
    title: 'the event is malformed',
    status: 500,
    code: 'event-invalid',
    request_id: id,
  };
  const body = request.method === 'HEAD' ? null : JSON.stringify(problem);
  return new Response(body, { status: 500, headers });
}

export default {
  async fetch(request, env, context) {
    try {
      return await served(request, env, context);
    } catch (error) {
      // Once: whoever else was answered for this panic must not take the new instance from those it serves.
      if (lost || error instanceof WebAssembly.RuntimeError) {
        lost = false;
        reset();
      }
      return failed(request, error);
    }
  },
};
