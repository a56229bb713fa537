import { useState } from 'preact/hooks'
import { words } from '../i18n/language.ts'
import { spacedId } from '../sealed/envelope.ts'
import type { KeyDescription, PublisherKey } from '../sealing/keys.ts'
import { Choice } from '../ui/Choice.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { question, type KeyQuestion } from './asking.ts'
import { KeyFileForm } from './KeyFileForm.tsx'
import { keys } from './keyring.ts'
import { NewKey } from './NewKey.tsx'
import { PassphraseForm } from './PassphraseForm.tsx'

export function KeyDialog() {
  const asked = question.value
  return asked && <Open key={asked.wanted?.id ?? ''} asked={asked} />
}

type Way = 'choose' | 'new' | 'passphrase' | 'file'

function Open({ asked }: { asked: KeyQuestion }) {
  const { keys: text } = words.value
  const { wanted, answer } = asked
  const [way, setWay] = useState<Way>(firstWay(wanted))
  const back = way === firstWay(wanted) ? undefined : (): void => setWay('choose')
  const props = { wanted, onKey: answer, onBack: back }
  return (
    <Dialog title={wanted ? text.titleOpen : text.title} onClose={() => answer(null)}>
      {wanted && wanted.id !== '' && <p>{text.wanted} <code class="key-id">{spacedId(wanted.id)}</code></p>}
      {way === 'choose' && <Choices onWay={setWay} onKey={answer} />}
      {way === 'new' && <NewKey {...props} />}
      {way === 'passphrase' && <PassphraseForm {...props} />}
      {way === 'file' && <KeyFileForm {...props} />}
    </Dialog>
  )
}

/** The file says what its key was made of; who seals chooses. */
const firstWay = (wanted: KeyDescription | null): Way => (wanted === null ? 'choose' : wanted.salt === null ? 'file' : 'passphrase')

function Choices({ onWay, onKey }: { onWay: (way: Way) => void; onKey: (key: PublisherKey) => void }) {
  const { keys: text } = words.value
  return (
    <>
      <p>{text.intro}</p>
      <div class="choices">
        {keys.value.map((key) => <Choice key={key.id} label={text.use(spacedId(key.id))} hint={text.useHint} onChoose={() => onKey(key)} />)}
        <Choice label={text.make} hint={text.makeHint} onChoose={() => onWay('new')} />
        <Choice label={text.passphrase} hint={text.passphraseHint} onChoose={() => onWay('passphrase')} />
        <Choice label={text.file} hint={text.fileHint} onChoose={() => onWay('file')} />
      </div>
    </>
  )
}
