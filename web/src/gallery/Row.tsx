import { locale, words } from '../i18n/language.ts'
import { formatSize, formatTime } from '../i18n/format.ts'
import { Icon } from '../ui/Icon.tsx'
import { addressFor } from '../ui/route.ts'
import * as store from './store.ts'
import { nameIn, Picture, type FileProps, type Place } from './Tile.tsx'

export function RowHeads() {
  const { gallery } = words.value
  return (
    <div class="row heads" aria-hidden="true">
      <span />
      <span>{gallery.name}</span>
      <span>{gallery.tags}</span>
      <span class="number">{gallery.size}</span>
      <span>{gallery.time}</span>
    </div>
  )
}

export function FolderRow({ folder, at, count }: Place & { folder: string }) {
  const name = nameIn(folder)
  return (
    <li class="row folder" aria-posinset={at + 1} aria-setsize={count}>
      <span />
      <a class="open" href={addressFor({ section: 'files', folder })} data-at={at} aria-label={words.value.gallery.openFolder(name)}>
        <span class="picture"><Icon name="folder" /></span>
        <span class="name" dir="auto">{name}</span>
      </a>
    </li>
  )
}

export function FileRow({ file, at, count, onOpen }: FileProps) {
  const { gallery } = words.value
  const isSelected = store.selection.value.has(file.key)
  return (
    <li class={`row ${isSelected ? 'selected' : ''}`} aria-posinset={at + 1} aria-setsize={count}>
      <input type="checkbox" class="select" checked={isSelected} aria-label={gallery.select(file.name)} onChange={() => store.toggle(file.key)} />
      <button type="button" class="open" data-at={at} onClick={onOpen} title={file.key}>
        <Picture file={file} />
        <span class="name" dir="auto">{file.name}</span>
      </button>
      <span class="tags">{file.tags.map((tag) => <span class="tag" key={tag} dir="auto">{tag}</span>)}</span>
      <span class="number quiet">{formatSize(file.size, locale.value)}</span>
      <time class="quiet" dateTime={file.time === null ? undefined : new Date(file.time).toISOString()}>{formatTime(file.time, locale.value)}</time>
    </li>
  )
}
