import { words } from '../i18n/language.ts'
import { askToRemove } from '../history/removal.ts'
import { rules } from '../session/session.ts'
import { Icon } from '../ui/Icon.tsx'
import * as store from './store.ts'

/** What can be done with several files. It is there only while some are selected. */
export function SelectionBar() {
  const { gallery } = words.value
  const selected = store.selection.value
  if (selected.size === 0) return null
  const keys = [...selected]
  const mayDelete = keys.every((key) => rules().allows('DELETE', key))
  return (
    <div class="selection-bar" role="group" aria-label={gallery.selected(selected.size)}>
      <span role="status">{gallery.selected(selected.size)}</span>
      <button type="button" class="link" onClick={() => { store.selection.value = new Set(store.shown.peek().map(({ key }) => key)) }}>{gallery.selectAll}</button>
      <button type="button" class="link" onClick={() => { store.selection.value = new Set() }}>{gallery.clearSelection}</button>
      {mayDelete && <button type="button" class="danger" onClick={() => askToRemove(keys)}><Icon name="trash" />{gallery.delete}</button>}
    </div>
  )
}
