/** The recipient's page begins: first of all the link leaves the address bar. */

import { takeFragment } from './fragment.ts'
import { WorkerEngine } from '../sealing/worker-engine.ts'
import { RecipientPage } from './page.ts'
import { preferredLanguage } from './words.ts'

const fragment = takeFragment()
const language = preferredLanguage(navigator.languages)
document.documentElement.lang = language
const root = document.getElementById('open')
if (root) {
  const page = new RecipientPage(root, new WorkerEngine(), language)
  void page.show(fragment)
  // Another link in the same tab is another file.
  addEventListener('hashchange', () => {
    if (location.hash !== '') void page.show(takeFragment())
  })
  // What is not deleted here, since the tab is gone too soon, is deleted when a link is opened next.
  addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) page.close()
  })
}
