/** Handing a file to the browser's downloads. */

/** Browsers read what an address leads to soon after it was pressed, and say nothing when they have. */
const KEPT = 60_000

export function saveBlob(content: Blob, name: string): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), KEPT)
}
