// The one path of a key stays itself in the URL parser that browsers, Node and Workers have. Run by `node --test`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const table = JSON.parse(readFileSync(new URL('../../../tests/cases/viewer-paths.json', import.meta.url), 'utf8'));

test('the one path of every key stays itself in a WHATWG URL', () => {
  assert.ok(table.paths.length > 30);
  for (const { key, path } of table.paths) {
    const url = new URL(`https://cdn.example${path}?v=1`);
    assert.equal(url.pathname, path, key);
    assert.equal(url.href, `https://cdn.example${path}?v=1`, key);
    // A redirect to it, from a page elsewhere on the host.
    assert.equal(new URL(path, 'https://cdn.example/some/page?x').href, `https://cdn.example${path}`, key);
    assert.equal(decodeURIComponent(path), `/${key}`);
  }
});
