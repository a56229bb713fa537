import { useState } from 'preact/hooks'
import { baseName } from '../api/paths.ts'
import { words } from '../i18n/language.ts'
import { Choice } from '../ui/Choice.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { conflict, type Conflict, type Resolution } from './conflict.ts'

export function ConflictDialog() {
  const asked = conflict.value
  return asked && <Open key={asked.key} asked={asked} />
}

function Open({ asked }: { asked: Conflict }) {
  const { conflict: text } = words.value
  const [isForAll, setForAll] = useState(false)
  const answer = (resolution: Resolution) => (): void => asked.answer(resolution, isForAll)
  return (
    <Dialog title={text.title} isAlert>
      <p>{text.text(baseName(asked.key))}</p>
      <div class="choices">
        <Choice label={text.keepBoth} hint={text.keepBothHint} onChoose={answer('keep-both')} isFirst />
        {asked.mayReplace && <Choice label={text.replace} hint={text.replaceHint} onChoose={answer('replace')} />}
        <Choice label={text.skip} hint={text.skipHint} onChoose={answer('skip')} />
      </div>
      <label class="check">
        <input type="checkbox" checked={isForAll} onChange={(event) => setForAll(event.currentTarget.checked)} />
        {text.forAll}
      </label>
    </Dialog>
  )
}
