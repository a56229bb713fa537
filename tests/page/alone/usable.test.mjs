// How soon the page can be used: run by itself, since whatever else this machine does counts.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newTab } from '../person.mjs'
import { suite } from '../stack.mjs'

suite('speed', (shared) => {
  it('the page can be used within a second on a slow machine', async () => {
    const times = []
    for (let attempt = 0; attempt < 3; attempt++) {
      const page = await newTab(shared)
      const session = await page.context().newCDPSession(page)
      await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
      // The best of three counts: what this machine does besides is not the page's.
      await page.addInitScript(() => {
        const look = () => (document.querySelector('form input') ? requestAnimationFrame(() => setTimeout(() => { window.usable = performance.now() })) : requestAnimationFrame(look))
        look()
      })
      await page.goto(shared.stack.page)
      await page.waitForFunction(() => window.usable)
      times.push(await page.evaluate(() => window.usable))
      await page.context().close()
    }
    assert.ok(Math.min(...times) <= 1000, `usable after ${times.map(Math.round)} ms`)
    console.log(`usable after ${Math.round(Math.min(...times))} ms, CPU slowed four times`)
  })
})
