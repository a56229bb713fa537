// The host's AES and streams, as the module takes them. No rule lives here: what is read, with which counter it is
// decrypted and when it leaves is decided in Rust.

/** A key of the host's; the copy it is made from is wiped. */
export async function imported(bytes, algorithm) {
  const copy = bytes.slice();
  try {
    return await crypto.subtle.importKey('raw', copy, algorithm, false, ['encrypt', 'decrypt']);
  } finally {
    copy.fill(0);
  }
}

/** Exactly `length` bytes, or `undefined`. */
export async function whole(stream, length) {
  const body = new Uint8Array(length);
  let at = 0;
  for await (const chunk of stream) {
    if (at + chunk.byteLength > length) return undefined;
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return at === length ? body : undefined;
}

/** The verified plaintext of a body with its tag, or `undefined`. */
export async function verified(key, iv, additionalData, body) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData, tagLength: 128 }, key, body));
  } catch {
    return undefined;
  }
}

/** The tag over a segment as associated data, over no content. */
export async function tagged(key, iv, segment) {
  const algorithm = { name: 'AES-GCM', iv, additionalData: segment, tagLength: 128 };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new Uint8Array()));
}

/** A segment decrypted from a counter block on. */
export async function keystreamed(key, counter, segment) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CTR', counter, length: 32 }, key, segment));
}

export const source = (stream) => stream.getReader({ mode: 'byob' });

/** `length` bytes; fewer only at the end. */
export async function segment(reader, length) {
  const { value } = await reader.readAtLeast(length, new Uint8Array(length));
  return value ?? new Uint8Array();
}

export const cancel = (reader) => reader.cancel().catch(() => {});

/** A body that must become exactly `length` bytes long. */
export function sink(length) {
  const { readable, writable } = new FixedLengthStream(length);
  return [readable, writable.getWriter()];
}

export const write = (writer, bytes) => writer.write(bytes);
export const close = (writer) => writer.close();
export const abort = (writer, reason) => writer.abort(new Error(reason)).catch(() => {});

/** An answer whose body is in the content coding its head names already. */
export function opened(status, text, body) {
  const headers = new Headers();
  const parts = text.split('\n');
  for (let i = 0; i + 1 < parts.length; i += 2) headers.append(parts[i], parts[i + 1]);
  return new Response(body, { status, headers, encodeBody: 'manual' });
}
