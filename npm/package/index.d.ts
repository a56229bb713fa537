/** An access key; temporary ones have a session token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Who signs, and for what. */
export interface SignerOptions {
  /** The region of the endpoint, `eu-central-1`; S3-compatible stores name their own. */
  readonly region: string;
  /** The service's signing name: `s3`, `lambda`, `execute-api`, `sqs`... */
  readonly service: string;
  /** Fixed, or fetched again for every signature, so that rotation needs no new signer. */
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>);
  /** Headers to sign besides `host` and every `x-amz-*`, where a request has them. Headers that a proxy may rewrite
   * do not belong here. */
  readonly signedHeaders?: readonly string[] | undefined;
  /** Milliseconds since 1970; `Date.now` if not given. */
  readonly now?: (() => number) | undefined;
}

/** What to presign. */
export interface PresignOptions {
  /** `GET` if not given. */
  readonly method?: string | undefined;
  /** `x-amz-*` headers that whoever uses the URL must send as given. */
  readonly headers?: HeadersInit | undefined;
  /** Seconds, 1 to 604,800; 900 if not given. */
  readonly expiresIn?: number | undefined;
}

/** Signs requests to AWS and to S3-compatible stores with Signature Version 4. One signer serves any number of requests. */
export class Signer {
  constructor(options: SignerOptions);

  /**
   * The request to send, signed. Redirects are not followed unless `init.redirect` asks for it.
   *
   * Of a `Request`, its URL, method, headers, body and signal are taken. The body is hashed; a `ReadableStream` is not,
   * which only S3 accepts, and neither is a body whose `x-amz-content-sha256` is given.
   *
   * @throws {SigningRefused} if the request could not be sent as it would have been signed.
   */
  sign(input: string | URL | Request, init?: RequestInit): Promise<Request>;

  /**
   * A URL that carries its signature and works for a while. It grants access: do not log it.
   *
   * @throws {SigningRefused} as `sign`.
   */
  presign(input: string | URL | Request, options?: PresignOptions): Promise<URL>;

  /** `fetch(await signer.sign(input, init))`. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The request was not signed, and nothing was sent. The message begins with the step that refused and holds no secret. */
export class SigningRefused extends Error {
  readonly name: 'SigningRefused';
}
