/** Why a file was not sealed or opened. The code is what the page has words for; the message is for whoever looks closer, and holds no secret. */

export type SealingCode =
  /** More than AES-GCM may encrypt, 2^36 - 32 bytes. */
  | 'too-long'
  /** The file has other content than when it was first read. Begin anew, with another data key. */
  | 'file-changed'
  /** The file cannot be read: it was moved, deleted, or changed on the disk. */
  | 'file-unreadable'
  /** The object has no envelope. */
  | 'not-sealed'
  /** An envelope that this page does not open: an older format, a wrap of KMS's, a key derivation it does not know. */
  | 'unsupported'
  /** Metadata that begin to be an envelope and are none. */
  | 'envelope-invalid'
  /** The key does not unwrap the data key, or the wrapped key was altered: nobody can know which. */
  | 'wrong-key'
  /** The content, or what opens it, is not what was sealed. */
  | 'altered'
  /** The content is shorter or longer than what was sealed. */
  | 'incomplete'
  /** A key file or its text is not one. */
  | 'key-invalid'
  | 'passphrase-short'
  /** A link that was cut, altered, or is none. */
  | 'link-invalid'
  /** The link's time is over, or it was withdrawn. */
  | 'link-over'
  /** There is nothing at the link's address any more. */
  | 'gone'
  | 'network'
  /** The browser keeps no more for this site. */
  | 'storage-full'
  /** The browser keeps nothing for this site: a private window, or an old browser. */
  | 'storage-none'
  | 'memory'
  /** The browser's cryptography is not what sealing rests on. */
  | 'browser'
  /** A mistake of this page's. */
  | 'internal'

export class SealingError extends Error {
  override readonly name = 'SealingError'

  constructor(readonly code: SealingCode, message: string, options?: ErrorOptions) {
    super(message, options)
  }
}
