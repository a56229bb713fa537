// Calls of the Worker's own. No rule lives here.

/** `[status, bytes]` of an answer that is whole within `timeout` milliseconds and at most `limit` bytes long. */
export async function post(url, text, body, limit, timeout) {
  const headers = new Headers();
  const parts = text.split('\n');
  for (let i = 0; i + 1 < parts.length; i += 2) headers.append(parts[i], parts[i + 1]);
  const signal = AbortSignal.timeout(timeout);
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', cache: 'no-store', signal });
  const bytes = new Uint8Array(limit);
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    if (length + chunk.byteLength > limit) throw new RangeError('the response is too long');
    bytes.set(chunk, length);
    length += chunk.byteLength;
    chunk.fill(0);
  }
  return [answer.status, bytes.subarray(0, length)];
}

export const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));
