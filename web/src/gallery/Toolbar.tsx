import { useId } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { Icon } from '../ui/Icon.tsx'
import type { Arrangement, SortOrder } from './arrange.ts'
import { layout } from './layout.ts'
import * as store from './store.ts'

const SORTS: readonly SortOrder[] = ['name-up', 'name-down', 'time-down', 'time-up', 'size-down', 'size-up']
const KINDS: readonly Arrangement['kind'][] = ['all', 'image', 'video', 'audio', 'pdf', 'text', 'other']

export function Toolbar() {
  const { gallery } = words.value
  const { search, kind, sort } = store.arrangement.value
  const change = (part: Partial<Arrangement>): void => { store.arrangement.value = { ...store.arrangement.peek(), ...part } }
  const id = useId()
  return (
    <div class="toolbar">
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label={gallery.search}
          aria-describedby={`${id}-shown`}
          placeholder={gallery.searchHint}
          value={search}
          onInput={(event) => change({ search: event.currentTarget.value })}
        />
      </div>
      <select aria-label={gallery.kind} value={kind} onChange={(event) => change({ kind: event.currentTarget.value as Arrangement['kind'] })}>
        {KINDS.map((name) => <option key={name} value={name}>{gallery.kinds[name]}</option>)}
      </select>
      <select aria-label={gallery.sort} value={sort} onChange={(event) => change({ sort: event.currentTarget.value as SortOrder })}>
        {SORTS.map((name) => <option key={name} value={name}>{gallery.sorts[name]}</option>)}
      </select>
      <label class="check">
        <input type="checkbox" checked={store.isFlat.value} onChange={(event) => store.open(store.folder.peek(), event.currentTarget.checked)} />
        {gallery.flat}
      </label>
      <div class="segments" role="group" aria-label={gallery.layout}>
        <button type="button" class="icon" aria-pressed={layout.value === 'tiles'} aria-label={gallery.tiles} title={gallery.tiles} onClick={() => { layout.value = 'tiles' }}><Icon name="tiles" /></button>
        <button type="button" class="icon" aria-pressed={layout.value === 'rows'} aria-label={gallery.rows} title={gallery.rows} onClick={() => { layout.value = 'rows' }}><Icon name="rows" /></button>
      </div>
      <button type="button" class="icon" aria-label={gallery.refresh} title={gallery.refresh} onClick={store.refresh}><Icon name="refresh" /></button>
      <Loaded id={`${id}-shown`} />
    </div>
  )
}

function Loaded({ id }: { id: string }) {
  const { gallery } = words.value
  const shown = store.shown.value.length + store.shownFolders.value.length
  const loaded = store.entries.value.length + store.folders.value.length
  const { search, sort } = store.arrangement.value
  const isPartial = store.hasMore.value && (search !== '' || sort !== 'name-up')
  return (
    <p class="loaded quiet">
      <span id={id} role="status">{gallery.shown(shown, loaded)}{store.hasMore.value ? '+' : ''}{isPartial ? ` · ${gallery.loadedOnly}` : ''}</span>
      {store.hasMore.value && <button type="button" class="link" disabled={store.isLoadingAll.value} onClick={store.loadAll}>{gallery.loadAll}</button>}
    </p>
  )
}
