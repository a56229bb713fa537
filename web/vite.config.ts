import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** The recipient's page has an entry of its own, so that it loads nothing of the publishers'. */
const documents = ['index.html', 'open.html'].map(here).filter(existsSync)

export default defineConfig({
  // Every address is relative to the document: the page may live in any folder of a host.
  base: './',
  build: {
    outDir: here(process.env.KEYFRONT_PAGE_OUT ?? '../dist/page'),
    emptyOutDir: true,
    assetsDir: 'page',
    target: 'es2023',
    // The policy (CSP) refuses fonts and scripts from data: addresses, and a file is cached by itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: documents },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
