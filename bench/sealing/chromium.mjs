// The page's own sealing in a tab of Chromium, headless, over a file of the disk; `null` where there is no Chromium.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import { servePage } from '../../tests/sealing/served-page.mjs';

const { chromium } = createRequire(new URL('../../tests/sealing/package.json', import.meta.url))('playwright-core');

export async function inChromium() {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) return null;
  const served = await servePage();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const tab = await browser.newPage();
  await tab.goto(`${served.page}/seal`);
  return {
    async take(path) {
      await tab.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file' })));
      await tab.setInputFiles('input', path);
      await tab.evaluate(async () => { globalThis.key = await PublisherKey.generate(engine); });
    },
    /** As the uploader does: parts of 8 MiB, two at once. */
    seal: () => tab.evaluate(async () => {
      const [file] = document.querySelector('input').files;
      const sealing = await sealerWith(engine, key).seal(file, new AbortController().signal);
      const part = 8 * 2 ** 20;
      let next = 0;
      const worker = async () => {
        for (let at = next; at < sealing.length; at = next) {
          next += part;
          await sealing.slice(at, Math.min(at + part, sealing.length));
        }
      };
      await Promise.all([worker(), worker()]);
      sealing.close();
    }),
    async close() {
      await browser.close();
      served.close();
    },
  };
}
