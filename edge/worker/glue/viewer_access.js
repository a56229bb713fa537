// The host's public keys and signatures, as the module takes them. No rule lives here: which key, which hash and which
// message is decided in Rust.

/** A public key of the host's; `hash` is what RSA keys are bound to, and no other. */
export const imported = (info, name, hash) =>
  crypto.subtle.importKey('spki', info, { name, hash, namedCurve: 'P-256' }, false, ['verify']);

/** Whether a signature is the key's over a message. */
export const verified = (key, hash, signature, message) =>
  crypto.subtle.verify({ name: key.algorithm.name, hash }, key, signature, message);
