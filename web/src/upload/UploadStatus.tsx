import { formatDuration, formatShare, formatSize } from '../i18n/format.ts'
import { locale, words } from '../i18n/language.ts'
import { addressFor } from '../ui/route.ts'
import { status } from './uploads.ts'

/** How uploads go, on every page: a way back to them. */
export function UploadStatus() {
  const { upload } = words.value
  const now = status.value
  if (now.files === 0 || (!now.isBusy && now.failed === 0 && now.paused === 0)) return null
  const parts = [upload.busy(now.done, now.files, formatShare(now.share, locale.value))]
  if (now.speed > 0) parts.push(`${formatSize(now.speed, locale.value)}/s`)
  if (now.secondsLeft !== null) parts.push(upload.left(formatDuration(now.secondsLeft, locale.value)))
  if (!now.isBusy && now.paused > 0) parts.push(upload.paused)
  if (now.failed > 0) parts.push(upload.failed(now.failed))
  return (
    <a class={`status ${now.failed > 0 ? 'failed' : ''}`} href={addressFor({ section: 'upload', folder: '' })} title={upload.openPanel}>
      <progress value={now.share} max={1} aria-label={upload.overall} />
      <span>{parts.join(' · ')}</span>
    </a>
  )
}
