import { locale, words } from '../i18n/language.ts'
import { formatDay, formatSize } from '../i18n/format.ts'
import { Icon } from '../ui/Icon.tsx'
import { addressFor } from '../ui/route.ts'
import { knownSealed } from '../sealed/known.ts'
import type { FileEntry } from './arrange.ts'
import * as store from './store.ts'
import { forgetThumbnail, thumbnails } from './thumbnails.ts'

export interface Place {
  /** Among all that is shown, folders first. */
  at: number
  count: number
}

export interface FileProps extends Place {
  file: FileEntry
  onOpen: () => void
}

export const nameIn = (folder: string): string => folder.slice(store.folder.value.length).replace(/\/$/, '')

export function FolderTile({ folder, at, count }: Place & { folder: string }) {
  const name = nameIn(folder)
  return (
    <li class="tile folder" aria-posinset={at + 1} aria-setsize={count}>
      <a href={addressFor({ section: 'files', folder })} data-at={at} aria-label={words.value.gallery.openFolder(name)} title={name}>
        <span class="picture"><Icon name="folder" /></span>
        <span class="name" dir="auto">{name}</span>
      </a>
    </li>
  )
}

export function FileTile({ file, at, count, onOpen }: FileProps) {
  const { gallery } = words.value
  const isSelected = store.selection.value.has(file.key)
  return (
    <li class={`tile ${isSelected ? 'selected' : ''}`} aria-posinset={at + 1} aria-setsize={count}>
      <button type="button" class="open" data-at={at} onClick={onOpen} title={file.name}>
        <Picture file={file} />
        <span class="name" dir="auto">{file.name}</span>
        <span class="quiet small">{formatSize(file.size, locale.value)} · {formatDay(file.time, locale.value)}</span>
      </button>
      <input type="checkbox" class="select" checked={isSelected} aria-label={gallery.select(file.name)} onChange={() => store.toggle(file.key)} />
    </li>
  )
}

export function Picture({ file }: { file: FileEntry }) {
  const address = thumbnails.value.get(file.key)
  return (
    <span class="picture">
      <SealMark objectKey={file.key} />
      {address === undefined
        ? <Icon name={file.kind} />
        : <img src={address} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" draggable={false} onError={() => forgetThumbnail(file.key)} />}
    </span>
  )
}

/** On what is known to be sealed in a browser. */
function SealMark({ objectKey }: { objectKey: string }) {
  if (!knownSealed.value.has(objectKey)) return null
  const { sealed } = words.value.gallery
  return <span class="seal" title={sealed}><Icon name="lock" /><span class="hidden-visually">{sealed}</span></span>
}
