import type { Rule } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { chooseSealingKey } from '../keys/asking.ts'
import { sealingKey } from '../keys/keyring.ts'
import { spacedId } from '../sealed/envelope.ts'
import { storageModeFor } from '../session/rules.ts'
import { forgetEnded, startingAnew } from './anew.ts'
import { target } from './target.ts'

/** That new files are sealed, with which key, and the way to another one. Always in sight: options may be folded away. */
export function SealingNotice({ rule }: { rule: Rule }) {
  const { sealing } = words.value
  if (!target.value.isSealed) return null
  if (storageModeFor(rule, undefined) === null) return <p class="notice error" role="alert">{sealing.notHere}</p>
  const key = sealingKey.value
  return (
    <div class="notice sealing">
      <p>{key ? <>{sealing.with} <code class="key-id">{spacedId(key.id)}</code></> : sealing.withNone}</p>
      <button type="button" onClick={() => void chooseSealingKey()}>{key ? sealing.otherKey : sealing.chooseKey}</button>
    </div>
  )
}

/** What a reload ended: sealed uploads, and what waited far behind in a long list. */
export function AnewNotice() {
  const { sealing, page } = words.value
  const { names, others } = startingAnew.value
  if (names.length + others === 0) return null
  return (
    <section class="notice sealing" aria-labelledby="anew-title">
      <div>
        <p id="anew-title">{sealing.anew(names.length + others)}</p>
        <ul>
          {names.map((name, at) => <li key={at} dir="auto">{name}</li>)}
          {others > 0 && <li>{sealing.anewOthers(others, names.length > 0)}</li>}
        </ul>
      </div>
      <button type="button" onClick={forgetEnded}>{page.close}</button>
    </section>
  )
}
