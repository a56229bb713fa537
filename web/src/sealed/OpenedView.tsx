import { useEffect, useState } from 'preact/hooks'
import { NoPreview, Shown, TEXT_SHOWN, TextShown } from '../gallery/Preview.tsx'
import { words } from '../i18n/language.ts'
import type { OpenedFile } from '../sealing/open.ts'
import { Icon } from '../ui/Icon.tsx'
import { useFocus } from '../ui/focus.ts'
import { saveBlob } from '../ui/save.ts'

/** A verified file: shown or played where a browser can without running anything of it, and saved. */
export function OpenedView({ file }: { file: OpenedFile }) {
  const { sealing } = words.value
  const save = useFocus<HTMLButtonElement>()
  return (
    <div class="opened">
      <div class="opened-bar">
        <p role="status">{sealing.verified}</p>
        <button type="button" ref={save} onClick={() => saveBlob(file.content, file.name)}><Icon name="download" />{sealing.save}</button>
      </div>
      <Content file={file} />
    </div>
  )
}

function Content({ file: { kind, content, name } }: { file: OpenedFile }) {
  const { details } = words.value
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    const made = URL.createObjectURL(content)
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [content])
  if (kind === 'text') return <Text content={content} />
  // Browsers without a viewer of their own show nothing there.
  if (kind === 'other' || (kind === 'pdf' && !navigator.pdfViewerEnabled)) return <NoPreview text={details.noPreview} kind={kind} />
  return address && <Shown kind={kind} address={address} name={name} />
}

function Text({ content }: { content: Blob }) {
  const [text, setText] = useState('')
  useEffect(() => { void content.slice(0, TEXT_SHOWN).text().then(setText) }, [content])
  return <TextShown text={text} isCut={content.size > TEXT_SHOWN} />
}
