// Whether a state of the page is for everyone: what axe finds, and what is cut off.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The page has to be of a context with `bypassCSP`, for axe's own script alone. */
export async function assertAccessible(page, state) {
  // Past the policy, as a browser's own tools are.
  const found = await page.evaluate(async (axe) => {
    if (!window.axe) (0, eval)(axe)
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary.replaceAll('\n', ' ')}`).join(' | ')}`)
  }, AXE)
  assert.deepEqual(found, [], state)
}

/** Pixels by which the page, and the largest of its parts, would have to be scrolled sideways. */
export const excessOf = (page) => page.evaluate(() => {
  const excess = (element) => Math.max(0, element.scrollWidth - element.clientWidth)
  const parts = document.querySelectorAll('main, dialog, .dialog-body, .facts .actions, .bar, .account')
  return { page: excess(document.documentElement), parts: Math.max(0, ...[...parts].map(excess)) }
})
