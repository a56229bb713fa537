import { formatDuration, formatShare, formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { failed, running, uploads } from './uploads.ts'

/** What is being sent at this moment, file by file, and what was not sent, with the reason. */
export function UploadList() {
  const { upload } = words.value
  return (
    <>
      {running.value.length > 0 && (
        <section class="sending" aria-label={upload.sending}>
          <ul class="plain-list">
            {running.value.map(({ id, name, share, speed, secondsLeft }) => (
              <li key={id}>
                <span class="name" dir="auto">{name}</span>
                <progress value={share} max={1} aria-label={upload.progressOf(name)} />
                <span class="quiet small">
                  {[formatShare(share, locale.value), speed > 0 && `${formatSize(speed, locale.value)}/s`, secondsLeft !== null && upload.left(formatDuration(secondsLeft, locale.value))].filter(Boolean).join(' · ')}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {failed.value.length > 0 && (
        <section class="failures" aria-labelledby="failures-title">
          <h2 id="failures-title">{upload.notSent}</h2>
          <ul class="plain-list">
            {failed.value.map(({ id, name, reason }) => (
              <li key={id}>
                <span class="what"><span class="name" dir="auto">{name}</span><span>{reason}</span></span>
                <button type="button" aria-label={upload.retryOf(name)} onClick={() => void uploads().retryUpload(id)}>{words.value.page.tryAgain}</button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
