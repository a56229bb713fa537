/** Where somebody is on the page: in the address behind `#`, so that "back" works and nothing of it is sent to a server. */

import { signal } from '@preact/signals'

export type Section = 'files' | 'upload' | 'deleted' | 'sites'

export interface Route {
  section: Section
  /** The folder, for `files`: empty or ending with a slash. For `sites`, the site, and behind a slash its release. */
  folder: string
}

const SECTIONS: readonly string[] = ['files', 'upload', 'deleted', 'sites']
/** Those in which there are places. */
const WITH_PLACES: readonly string[] = ['files', 'sites']

export function parsed(hash: string): Route {
  const [section = '', ...rest] = hash.replace(/^#\/?/, '').split('/')
  const known = SECTIONS.includes(section) ? (section as Section) : 'files'
  return { section: known, folder: WITH_PLACES.includes(known) ? rest.map(decoded).join('/') : '' }
}

export function addressFor({ section, folder }: Route): string {
  return `#/${section}/${folder.split('/').map(encodeURIComponent).join('/')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const route = signal<Route>({ section: 'files', folder: '' })

export function startRouting(): void {
  const read = (): void => { route.value = parsed(location.hash) }
  window.addEventListener('hashchange', read)
  read()
}

export function go(to: Partial<Route> & { section: Section }): void {
  location.hash = addressFor({ folder: '', ...to })
}
