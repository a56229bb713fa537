import { useEffect, useId } from 'preact/hooks'
import type { EncryptionMode, Rule } from '../api/wire.ts'
import { words } from '../i18n/language.ts'
import { chooseSealingKey } from '../keys/asking.ts'
import { sealingKey } from '../keys/keyring.ts'
import { isDirect, storageModeFor } from '../session/rules.ts'
import { DraftInput } from '../ui/DraftInput.tsx'
import { CachingChoice } from './CachingChoice.tsx'
import { target } from './target.ts'
import { retarget } from './uploads.ts'

/** The value of the choice that is no mode of the origin's. */
const SEALED = 'sealed'

/** Encryption, tags, and how long readers' copies are kept. Most people need none of them, so they are folded away. */
export function UploadOptions({ rule }: { rule: Rule }) {
  const { upload } = words.value
  const { encryption, isSealed, tags } = target.value
  const id = useId()
  const usual = rule.encryption[0]
  const mode = encryption !== undefined && rule.encryption.includes(encryption) ? encryption : usual
  const maySeal = storageModeFor(rule, undefined) !== null
  const choices = rule.encryption.length + (maySeal || isSealed ? 1 : 0)
  useEffect(() => { if (encryption !== undefined && !rule.encryption.includes(encryption)) retarget({ encryption: usual }) }, [rule])
  return (
    <details class="options">
      <summary>{upload.options}</summary>
      <div>
        <div class="field">
          <label for={`${id}-mode`}>{upload.encryption}</label>
          <select id={`${id}-mode`} value={isSealed ? SEALED : mode} disabled={choices < 2} aria-describedby={`${id}-mode-hint`} onChange={(event) => choose(event.currentTarget.value)}>
            {rule.encryption.map((name) => <option key={name} value={name}>{upload.modes[name][0]}</option>)}
            {(maySeal || isSealed) && <option value={SEALED}>{upload.sealed[0]}</option>}
          </select>
          {isSealed && <p class="hint" id={`${id}-mode-hint`}>{upload.sealed[1]}</p>}
          {!isSealed && mode && <p class="hint" id={`${id}-mode-hint`}>{upload.modes[mode][1]}{isDirect(mode) ? '' : ` ${upload.viaServer}`}</p>}
        </div>
        <div class="field">
          <label for={`${id}-tags`}>{upload.tags}</label>
          <DraftInput id={`${id}-tags`} value={tags} aria-describedby={`${id}-tags-hint`} onCommit={(text) => retarget({ tags: text })} />
          <p class="hint" id={`${id}-tags-hint`}>{upload.tagsHint}</p>
        </div>
        <CachingChoice rule={rule} />
      </div>
    </details>
  )
}

function choose(value: string): void {
  if (value !== SEALED) return retarget({ isSealed: false, encryption: value as EncryptionMode })
  // It counts from now on, so that nothing leaves unsealed while the key is being chosen.
  retarget({ isSealed: true })
  if (sealingKey.peek() === null) void chooseSealingKey()
}
