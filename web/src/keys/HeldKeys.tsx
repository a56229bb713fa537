import { words } from '../i18n/language.ts'
import { spacedId } from '../sealed/envelope.ts'
import { keys, letGo, sealingKey } from './keyring.ts'

/** The keys that this tab holds, and the way to let go of each. */
export function HeldKeys() {
  const { keys: text } = words.value
  if (keys.value.length === 0) return null
  return (
    <section class="held-keys">
      <h2>{text.held}</h2>
      <ul class="rights">
        {keys.value.map((key) => (
          <li key={key.id}>
            <code class="key-id">{spacedId(key.id)}</code>
            {key === sealingKey.value && <span class="quiet small">{text.seals}</span>}
            <button type="button" class="link" aria-label={text.letGoOf(spacedId(key.id))} onClick={() => letGo(key)}>{text.letGo}</button>
          </li>
        ))}
      </ul>
      <p class="quiet small">{text.heldHint}</p>
    </section>
  )
}
