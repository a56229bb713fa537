/** One of several answers to a question, with what it means. */
export function Choice({ label, hint, onChoose, isFirst = false }: { label: string; hint: string; onChoose: () => void; isFirst?: boolean }) {
  return (
    <button type="button" class="choice" autofocus={isFirst} onClick={onChoose}>
      <strong>{label}</strong>
      <span class="quiet">{hint}</span>
    </button>
  )
}
