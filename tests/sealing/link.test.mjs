import assert from 'node:assert/strict';
import { test } from 'node:test';

import { content, page, refused } from './page.mjs';

const { linkTo, readLink } = page;
const file = { url: 'https://cdn.example/a%20b.bin?Expires=1&Signature=x~y', share: content(88), length: 2 ** 36 - 32, name: 'ein Bild: ☃.png' };
const link = await linkTo(file, 'https://publish.example/page/');
const { hash } = new URL(link);

test('a link leads to the recipient\'s page beside the publishers\', and everything stands behind its #', () => {
  const { origin, pathname, search } = new URL(link);
  assert.equal(origin + pathname + search, 'https://publish.example/page/open');
  assert.match(hash, /^#v1\.[A-Za-z0-9_-]+$/);
});

test('a link holds what it was made of', async () => {
  assert.deepEqual(await readLink(hash), file);
  assert.deepEqual(await readLink(hash.slice(1)), file);
});

test('a link with any flipped bit is refused', async () => {
  const bytes = page.fromBase64Url(hash.slice(4));
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const altered = bytes.slice();
    altered[bit >> 3] ^= 1 << (bit & 7);
    await assert.rejects(readLink(`#v1.${page.toBase64Url(altered)}`), refused('link-invalid'), `${bit}`);
  }
});

test('a link that was cut, prolonged, or is something else is refused', async () => {
  for (let end = 0; end < hash.length; end += 1) await assert.rejects(readLink(hash.slice(0, end)), refused('link-invalid'), `${end}`);
  for (const text of ['', '#', '#v2.AAAA', '#v1.', '#v1.====', `${hash}A`, `${hash} `, `#v1.${'A'.repeat(20_000)}`, `#${hash}`, '#v1.%00']) {
    await assert.rejects(readLink(text), refused('link-invalid'), text.slice(0, 20));
  }
});

test('addresses that nobody may open are refused, made or read', async () => {
  for (const url of ['http://cdn.example/a', 'javascript:alert(1)', 'data:text/html,x', 'blob:https://x/1', 'https://u:p@cdn.example/a', 'ftp://cdn.example/a', 'http://localhost.example/a']) {
    await assert.rejects(linkTo({ ...file, url }, 'https://publish.example/'), refused('link-invalid'), url);
  }
  for (const url of ['http://127.0.0.1:9081/a', 'http://localhost:9081/a', 'http://[::1]/a', 'http://cdn.localhost/a']) {
    const { hash: local } = new URL(await linkTo({ ...file, url }, 'http://127.0.0.1:9080/'));
    assert.equal((await readLink(local)).url, url);
  }
});

test('a link under a check of its own is still refused for what it says', async () => {
  // Whoever makes links can make the check; what it covers is checked all the same.
  const bytes = page.fromBase64Url(hash.slice(4)).subarray(0, -8);
  const forged = async (alter) => {
    const body = bytes.slice();
    alter(body, new DataView(body.buffer));
    const check = new Uint8Array(await crypto.subtle.digest('SHA-256', body)).subarray(0, 8);
    return `#v1.${page.toBase64Url(page.concatenated(body, check))}`;
  };
  assert.deepEqual(await readLink(await forged(() => {})), file);
  const alterations = {
    'another suite': (body) => { body[0] = 0x72; },
    'too long': (_, view) => view.setBigUint64(89, 2n ** 36n - 31n),
    'a name that ends behind the link': (_, view) => view.setUint16(97, 60_000),
    'a name that is not UTF-8': (body) => { body[99] = 0xff; },
    'an address of another kind': (body) => { body.set(new TextEncoder().encode('file:'), body.length - file.url.length); },
  };
  for (const [what, alter] of Object.entries(alterations)) await assert.rejects(readLink(await forged(alter)), refused('link-invalid'), what);
});
