import { useEffect, useId } from 'preact/hooks'
import type { EncryptionMode, Rule } from '../api/wire.ts'
import { formatDuration } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { isDirect } from '../session/rules.ts'
import { retarget, target } from './uploads.ts'

/** Encryption and tags. Most people need neither, so they are folded away. */
export function UploadOptions({ rule }: { rule: Rule }) {
  const { upload } = words.value
  const { encryption, tags } = target.value
  const id = useId()
  const usual = rule.encryption[0]
  const mode = encryption !== undefined && rule.encryption.includes(encryption) ? encryption : usual
  useEffect(() => { if (encryption !== undefined && !rule.encryption.includes(encryption)) retarget({ encryption: usual }) }, [rule])
  const seconds = Number(/max-age=(\d+)/.exec(rule.cache_control)?.[1] ?? 0)
  const isKept = seconds > 0 && !/no-store|no-cache|private/.test(rule.cache_control)
  return (
    <details class="options">
      <summary>{upload.options}</summary>
      <div>
        <div class="field">
          <label for={`${id}-mode`}>{upload.encryption}</label>
          <select id={`${id}-mode`} value={mode} disabled={rule.encryption.length < 2} aria-describedby={`${id}-mode-hint`} onChange={(event) => retarget({ encryption: event.currentTarget.value as EncryptionMode })}>
            {rule.encryption.map((name) => <option key={name} value={name}>{upload.modes[name][0]}</option>)}
          </select>
          {mode && <p class="hint" id={`${id}-mode-hint`}>{upload.modes[mode][1]}{isDirect(mode) ? '' : ` ${upload.viaServer}`}</p>}
        </div>
        <div class="field">
          <label for={`${id}-tags`}>{upload.tags}</label>
          <input id={`${id}-tags`} value={tags} aria-describedby={`${id}-tags-hint`} onChange={(event) => retarget({ tags: event.currentTarget.value })} />
          <p class="hint" id={`${id}-tags-hint`}>{upload.tagsHint}</p>
        </div>
        <p class="hint">{isKept ? upload.cacheNote(formatDuration(seconds, locale.value)) : upload.cacheNone}</p>
      </div>
    </details>
  )
}
