/** A file in Uppy's list, with what the page keeps of it. */

import type { Body, Meta, UppyFile } from '@uppy/core/utils'
import type { EncryptionMode, Stored } from '../api/wire.ts'

export interface FileMeta extends Meta {
  /** The folder it goes to. */
  folder: string
  /** Tags as typed, separated by commas. */
  tags?: string
  encryption?: EncryptionMode
  /** `cache_control` of the API; what the rule says where it is left out. */
  caching?: string | undefined
  /** Whether it is sealed in this tab before it leaves. Then it leaves sealed or not at all. */
  isSealed?: boolean
  /** From a folder that was dropped: its path there. */
  relativePath?: string | null
  webkitRelativePath?: string
}

export interface FileBody extends Body {
  stored: Stored | null
}

export type PageFile = UppyFile<FileMeta, FileBody>

/** Its metadata, Uppy's own included. */
export type PlacedMeta = PageFile['meta']

/** What survives a closed tab, beside Uppy's own state of the file. */
export interface Kept {
  /** The upload in parts that S3 holds parts of. */
  uploadToken?: string | undefined
  /** The key that was settled with the person, where the first one was taken. */
  settledKey?: string | undefined
  /** Whether the person chose to replace what is there. */
  isReplacing?: boolean | undefined
}

export const keptOf = (file: PageFile): Kept => (file as PageFile & { keyfront?: Kept }).keyfront ?? {}

/** Its path below the folder it goes to. */
export function pathOf(file: Pick<PageFile, 'meta'>): string {
  const relative = file.meta.relativePath ?? file.meta.webkitRelativePath
  const name = file.meta.name
  if (!relative) return name
  return relative.slice(0, relative.lastIndexOf('/') + 1) + name
}
