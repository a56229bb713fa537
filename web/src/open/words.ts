/** What the recipient's page says, in English and German. A file's name and size are text, never markup. */

import type { SealingCode } from '../sealing/error.ts'

export interface Words {
  title: string
  size: (bytes: string) => string
  open: (bytes: string) => string
  opening: string
  progress: (percent: string) => string
  verifying: string
  verified: string
  save: string
  preview: string
  cancel: string
  cancelled: string
  again: string
  code: (code: string) => string
  truncated: string
  note: string
  problems: Record<SealingCode, string>
}

/** The program that opens files too large for a browser. It asks for the link, which is no argument: arguments are seen by everyone on a machine. */
const COMMAND = 'keyfront open'

const en: Words = {
  title: 'A file for you',
  size: (bytes) => `${bytes}, encrypted`,
  open: (bytes) => `Download and open (${bytes})`,
  opening: 'Downloading and decrypting',
  progress: (percent) => `${percent} opened`,
  verifying: 'Checking the whole file…',
  verified: 'Every byte is as it was when the file was encrypted.',
  save: 'Save',
  preview: 'Preview',
  cancel: 'Cancel',
  cancelled: 'Cancelled. Nothing was kept.',
  again: 'Try again',
  code: (code) => `Code: ${code}`,
  truncated: 'Only the beginning is shown. Save the file to read all of it.',
  note: 'The link is the key: whoever has it can open the file. This page has taken it out of the address bar and the history of this tab.',
  problems: {
    'too-long': 'The file is larger than this format allows.',
    'file-changed': 'The file was changed while it was read.',
    'file-unreadable': 'The file cannot be read.',
    'not-sealed': 'What the link leads to is not an encrypted file.',
    unsupported: 'The file was encrypted in a way that this page does not open.',
    'envelope-invalid': 'What is stored about the file’s encryption is damaged. Ask for the file again.',
    'wrong-key': 'The key does not open this file.',
    altered: 'The file or the link is not what was made: it was altered or damaged. Nothing of it was kept. Ask for it again.',
    incomplete: 'The file is shorter or longer than the one the link was made for. Nothing of it was kept. Ask for a new link.',
    'key-invalid': 'This is not a key.',
    'passphrase-short': 'The passphrase is too short.',
    'link-invalid': 'This is not a whole link. Open it again from where you got it, with everything behind the # sign. After reloading this page, too, the link must be opened again.',
    'link-over': 'The link’s time is over, or it was withdrawn. Ask for a new one.',
    gone: 'The file is not there any more. Ask whoever sent you the link.',
    network: 'The connection was lost. Check your network and try again.',
    'storage-full': `The file does not fit into what this browser may keep for this page. Nothing of it was kept. Free some disk space, or open it on the command line: ${COMMAND}`,
    'storage-none': `This browser keeps no files for this page; a private window is one reason. Use another window or browser, or the command line: ${COMMAND}`,
    memory: 'This device has not enough memory left.',
    browser: 'This browser cannot encrypt files. Use a current one.',
    internal: 'This page has failed. Reload it and open the link again.',
  },
}

const de: Words = {
  title: 'Eine Datei für Sie',
  size: (bytes) => `${bytes}, verschlüsselt`,
  open: (bytes) => `Herunterladen und öffnen (${bytes})`,
  opening: 'Wird heruntergeladen und entschlüsselt',
  progress: (percent) => `${percent} geöffnet`,
  verifying: 'Die ganze Datei wird geprüft …',
  verified: 'Jedes Byte ist so, wie es beim Verschlüsseln war.',
  save: 'Speichern',
  preview: 'Vorschau',
  cancel: 'Abbrechen',
  cancelled: 'Abgebrochen. Nichts wurde behalten.',
  again: 'Noch einmal versuchen',
  code: (code) => `Code: ${code}`,
  truncated: 'Nur der Anfang wird gezeigt. Speichern Sie die Datei, um alles zu lesen.',
  note: 'Der Link ist der Schlüssel: Wer ihn hat, kann die Datei öffnen. Diese Seite hat ihn aus der Adresszeile und dem Verlauf dieses Tabs genommen.',
  problems: {
    'too-long': 'Die Datei ist größer, als das Format erlaubt.',
    'file-changed': 'Die Datei wurde verändert, während sie gelesen wurde.',
    'file-unreadable': 'Die Datei kann nicht gelesen werden.',
    'not-sealed': 'Hinter dem Link ist keine verschlüsselte Datei.',
    unsupported: 'Die Datei wurde auf eine Art verschlüsselt, die diese Seite nicht öffnet.',
    'envelope-invalid': 'Was über die Verschlüsselung der Datei gespeichert ist, ist beschädigt. Bitten Sie noch einmal um die Datei.',
    'wrong-key': 'Der Schlüssel öffnet diese Datei nicht.',
    altered: 'Die Datei oder der Link ist nicht, was erstellt wurde, sondern verändert oder beschädigt. Nichts davon wurde behalten. Bitten Sie noch einmal darum.',
    incomplete: 'Die Datei ist kürzer oder länger als die, für die der Link erstellt wurde. Nichts davon wurde behalten. Bitten Sie um einen neuen Link.',
    'key-invalid': 'Das ist kein Schlüssel.',
    'passphrase-short': 'Der Satz ist zu kurz.',
    'link-invalid': 'Das ist kein vollständiger Link. Öffnen Sie ihn noch einmal dort, wo Sie ihn bekommen haben, mit allem hinter dem Zeichen #. Auch nach dem Neuladen dieser Seite muss der Link noch einmal geöffnet werden.',
    'link-over': 'Die Zeit des Links ist um, oder er wurde zurückgenommen. Bitten Sie um einen neuen.',
    gone: 'Die Datei ist nicht mehr da. Fragen Sie, wer Ihnen den Link geschickt hat.',
    network: 'Die Verbindung ist abgebrochen. Prüfen Sie Ihr Netz und versuchen Sie es noch einmal.',
    'storage-full': `Die Datei passt nicht in das, was dieser Browser für diese Seite behalten darf. Nichts davon wurde behalten. Schaffen Sie Platz, oder öffnen Sie sie auf der Kommandozeile: ${COMMAND}`,
    'storage-none': `Dieser Browser behält für diese Seite keine Dateien, zum Beispiel in einem privaten Fenster. Nehmen Sie ein anderes Fenster, einen anderen Browser oder die Kommandozeile: ${COMMAND}`,
    memory: 'Dieses Gerät hat nicht mehr genug Speicher.',
    browser: 'Dieser Browser kann keine Dateien verschlüsseln. Nehmen Sie einen aktuellen.',
    internal: 'Diese Seite ist gescheitert. Laden Sie sie neu und öffnen Sie den Link noch einmal.',
  },
}

export type Language = 'en' | 'de'

/** The first of the preferred languages that there are words in. */
export function preferredLanguage(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag === 'en' || tag === 'de')
  return known === 'de' ? 'de' : 'en'
}

export const WORDS: Record<Language, Words> = { en, de }

/** Bytes as people read them, in powers of 1000. */
export function sizeText(bytes: number, language: Language): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const unit = units[step] ?? 'byte'
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: 1 })
  return format.format(bytes / 1000 ** step)
}

export function percentText(share: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(Math.min(1, share))
}
