import { useState } from 'preact/hooks'
import { baseName } from '../api/paths.ts'
import { words } from '../i18n/language.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { remove, removing } from './removal.ts'

export function RemovalDialog() {
  const keys = removing.value
  const [isRunning, setRunning] = useState(false)
  if (keys === null) return null
  const { page, remove: text } = words.value
  const close = (): void => { removing.value = null }
  const confirm = async (): Promise<void> => {
    setRunning(true)
    await remove(keys)
    setRunning(false)
    close()
  }
  return (
    <Dialog title={text.title(keys.length)} onClose={isRunning ? undefined : close} isAlert>
      <p>{keys.length === 1 ? text.text(baseName(keys[0] ?? '')) : text.textMany}</p>
      <div class="actions">
        <button type="button" onClick={close} disabled={isRunning}>{page.cancel}</button>
        <button type="button" class="danger" autofocus onClick={() => void confirm()} disabled={isRunning}>{text.confirm}</button>
      </div>
    </Dialog>
  )
}
