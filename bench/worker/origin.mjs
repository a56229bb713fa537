// The bucket's stand-in: one small object under every key. It verifies nothing, so that what is timed is the Workers.

const OBJECT = 'x'.repeat(1024);

export default {
  fetch: () =>
    new Response(OBJECT, {
      headers: {
        'content-type': 'text/plain',
        etag: '"0123456789abcdef"',
        'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-amz-id-2': 'bench',
        'x-amz-request-id': 'bench',
        'x-amz-server-side-encryption': 'aws:kms',
      },
    }),
};
