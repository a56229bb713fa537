/** The documents of the publishers' API, as `/openapi.json` describes them. */

export type Method = 'LIST' | 'HEAD' | 'READ' | 'PUT' | 'DELETE'

/** Modes that the origin applies. */
export type EncryptionMode =
  | 'sse-kms' | 'dsse-kms' | 'sse-s3' | 'sse-c'
  | 'envelope-kms' | 'envelope-key' | 'envelope-kms-v2' | 'envelope-key-v2'

export interface Login {
  issuer: string
  authorization_endpoint: string
  client_id: string
  scopes: string[]
}

/** `GET /page/settings` */
export interface Settings {
  logins: Login[]
  content_url: string | null
}

/** `POST /page/login` */
export interface LoggedIn {
  token: string
  /** Unix seconds. */
  expires: number | null
}

export interface Rule {
  prefix: string
  methods: Method[]
  /** Bytes of one object. */
  max_size: number
  // A type, a type with any subtype, or any type.
  content_types: string[]
  overwrite: boolean
  cache_control: string
  encryption: EncryptionMode[]
  /** Seconds. */
  max_lifetime: number
}

/** `GET /publisher` */
export interface Publisher {
  publisher: string
  credential: string | null
  folder: string | null
  /** Whose releases it may publish, activate and remove; `*` for every one, beside those that are served. Not said by origins that know no releases. */
  sites?: string[]
  rules: Rule[]
}

export interface SealedMetadata {
  uploader: string
  uploaded_at: string | null
  file_name: string | null
  tags: string[]
  fields?: Record<string, string>
}

export type Metadata = SealedMetadata | { invalid: true } | null

export interface ListedObject {
  key: string
  path: string
  etag: string | null
  /** Bytes as they rest. */
  size: number
  last_modified: string | null
  metadata?: Metadata
  /** Of what was sealed before it was stored, as in `Description`; with `metadata=true`. */
  envelope?: Record<string, string> | null
  url?: string | null
}

/** `GET /objects` */
export interface Listing {
  objects: ListedObject[]
  folders?: string[]
  next_cursor: string | null
}

/** `GET /objects/KEY` */
export interface Description {
  key: string
  path: string
  metadata: Metadata
  etag: string | null
  size: number
  content_type: string | null
  content_encoding: string | null
  content_disposition: string | null
  cache_control: string | null
  last_modified: string | null
  sse: string
  /** Of what was sealed before it was stored: the envelope's metadata. */
  envelope?: Record<string, string> | null
}

/** What a write, a deletion or a restoration means for copies in the CDN: `invalidated` or `expires-in SECONDS`. */
export type Reach = string

/** `PUT /objects/KEY` and `POST /uploads/TOKEN/complete` */
export interface Stored {
  key: string
  path: string
  etag: string
  size: number
  content_type: string
  encryption: EncryptionMode
  cdn?: Reach
  url?: string
}

export interface UploadRequest {
  key: string
  size: number
  content_type: string
  encryption?: EncryptionMode
  /** `no-store`, `no-cache` or `max-age=SECONDS`, within what the rule's own says. */
  cache_control?: string
  overwrite?: boolean
  method?: 'put' | 'multipart'
  file_name?: string
  tags?: string[]
  checksum?: Checksum
  /** Metadata of an S3 Encryption Client envelope, names without `x-amz-meta-`. */
  envelope?: Record<string, string>
}

export interface Checksum {
  algorithm: 'sha256'
  /** Base64. */
  value: string
}

/** `POST /uploads` */
export type UploadPlan =
  | { method: 'PUT'; upload: string; key: string; url: string; headers: Record<string, string>; expires: number }
  | { method: 'MULTIPART'; upload: string; key: string; part_size: number; parts: number }

export interface SignedPart {
  number: number
  url: string
  headers: Record<string, string>
  /** Unix seconds. */
  expires: number
}

/** `GET /uploads/TOKEN` */
export interface UploadUnderWay {
  key: string
  size: number
  held: { number: number; size: number; etag: string }[]
  part_size: number
  parts: number
}

/** `GET /versions/KEY` */
export interface Versions {
  key: string
  versions: Version[]
  next_cursor: string | null
}

export interface Version {
  version: string
  is_current: boolean
  deleted: boolean
  size: number | null
  etag: string | null
  last_modified: string
}

/** `POST /versions/KEY` */
export interface Restored {
  key: string
  version: string | null
  etag: string
  cdn?: Reach
}

export interface DeletedObject {
  key: string
  deleted_at: string
  /** The version to restore, if one is left. */
  version: string | null
  size: number | null
  etag: string | null
}

/** `GET /deleted` */
export interface DeletedListing {
  objects: DeletedObject[]
  next_cursor: string | null
}

/** `POST /shares` */
export interface Share {
  key: string
  url: string
  via: 'cdn' | 's3'
  /** Unix seconds. */
  expires: number
  validity: 'exact' | 'shortened' | 'at-most'
}

/** How far a release has come: `verified` is ready to be activated, `superseded` was active. */
export type ReleaseState = 'uploading' | 'verified' | 'active' | 'superseded'

export interface LogEntry {
  at: string
  by: string
  /** Counts from 1. */
  n: number
  release: string
  replaced?: string
}

export interface ListedRelease {
  id: string
  state: ReleaseState
}

/** `GET /releases/SITE` */
export interface ReleaseLog {
  site: string
  active: string | null
  /** The newest first. */
  log: LogEntry[]
  /** On the first page. `superseded` are those of this page of the log. */
  releases?: ListedRelease[]
  next_cursor: string | null
}

/** `GET /releases/SITE/ID`, and what activating it answers */
export interface Release {
  id: string
  state: ReleaseState
  /** Its last one. */
  activation?: Activation
}

export interface Activation {
  n: number
  at: string
  by: string
  /** `invalidating`: the CDN may still have copies of what was before. */
  state: 'invalidating' | 'everywhere'
  invalidated_at?: string
}

/** `GET /releases/SITE/ID/manifest`: what a release is, file by file, sorted by path. */
export interface Manifest {
  site: string
  files: ReleaseFile[]
  /** Files of earlier releases that stay reachable. */
  keep?: ReleaseFile[]
}

export interface ReleaseFile {
  path: string
  /** Of the bytes as they are, hex. */
  sha256: string
  size: number
  type: string
  cache: string
  csp?: string
  variants?: { br?: Variant; gzip?: Variant }
}

export interface Variant {
  sha256: string
  size: number
}
