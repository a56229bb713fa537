// What a person does with keys of their own and sealed files, in the words on the page.

import { openUpload } from './person.mjs'

/** Chooses "Sealed in this browser" for what is added to a folder now; the dialog that asks for a key is open then. */
export async function sealUploads(page, folder) {
  await openUpload(page, folder)
  await page.getByText('Options', { exact: true }).click()
  await page.getByLabel('Encryption').selectOption('Sealed in this browser')
}

export const keyDialog = (page) => page.getByRole('dialog', { name: 'A key of your own' })
export const wantedDialog = (page) => page.getByRole('dialog', { name: 'This file needs its key' })

/** Makes a new key, saves it and uses it: what was saved. */
export async function makeKey(page) {
  const dialog = keyDialog(page)
  await dialog.getByRole('button', { name: /^Make a new key/ }).click()
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Save as a file' }).click()
  const saved = await textOf(await download)
  await dialog.getByLabel(/^I have saved it/).check()
  await dialog.getByRole('button', { name: 'Use this key' }).click()
  await dialog.waitFor({ state: 'detached' })
  return { text: saved, id: JSON.parse(saved).id, file: { name: 'key.json', mimeType: 'application/json', buffer: Buffer.from(saved) } }
}

export async function usePassphrase(page, passphrase) {
  const dialog = keyDialog(page)
  await dialog.getByRole('button', { name: /^Passphrase/ }).click()
  await dialog.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await dialog.getByLabel('Passphrase again').fill(passphrase)
  await dialog.getByRole('button', { name: 'Use this passphrase' }).click()
  await dialog.waitFor({ state: 'detached' })
}

export async function loadKey(page, file) {
  const dialog = keyDialog(page)
  await dialog.getByRole('button', { name: /^Key file/ }).click()
  await dialog.getByLabel('Key file').setInputFiles(file)
  await dialog.waitFor({ state: 'detached' })
}

/** What the browser saved. */
export async function bytesOf(download) {
  const chunks = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const textOf = async (download) => (await bytesOf(download)).toString()

export const spaced = (id) => id.replace(/(.{4})(?=.)/g, '$1 ')
