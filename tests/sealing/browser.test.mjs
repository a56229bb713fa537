// The recipient's page and sealing in a tab, in real Chromium: worker, policy (CSP) and origin-private files are the browser's own.

import assert from 'node:assert/strict';
import { accessSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { bytesOf, content, engine, engineOver, MIB, page as modules, sealed } from './page.mjs';
import { servePage } from './served-page.mjs';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => {
  try { accessSync(path); return true; } catch { return false; }
});
const skip = executablePath ? false : 'Chromium is not installed (apt-get install chromium)';
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

let browser;
let served;
const key = await modules.PublisherKey.generate(engine);

before(async () => {
  if (skip) return;
  served = await servePage();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  served?.close();
});

let numbers = 0;

/** A sealed file behind an address; its link. */
async function linked(bytes, name, alter = (body) => body) {
  const { body, metadata } = await sealed(bytes, key);
  const path = `/sealed/${++numbers}`;
  served.objects.set(path, alter(body));
  const own = { url: `${served.content}${path}?Signature=s`, envelope: metadata, size: body.length, name };
  return modules.linkTo(await modules.shareOf(engine, key, own), `${served.page}/`);
}

/** A tab that fails the test if the policy was broken. */
async function opened(url, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true, ...options });
  const tab = await context.newPage();
  const complaints = [];
  tab.on('console', (message) => { if (message.type() === 'error' && !/status of 403/.test(message.text())) complaints.push(message.text()); });
  tab.on('pageerror', (error) => complaints.push(String(error)));
  await tab.goto(url);
  return { tab, context, complaints };
}

const kept = (tab) => tab.evaluate(async () => {
  const names = [];
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('keyfront-opened').catch(() => null);
  if (folder) for await (const name of folder.keys()) names.push(name);
  return names;
});

test('a link to a picture shows it, verified, and is gone from the address and the history', { skip }, async () => {
  const name = '<img src=x onerror=alert(1)>.png';
  const { tab, context, complaints } = await opened(await linked(PNG, name));
  await tab.waitForSelector('.preview img');
  assert.equal(tab.url(), `${served.page}/open`);
  assert.equal(await tab.textContent('h2'), name);
  assert.match(await tab.textContent('.verified'), /Every byte/);
  assert.equal(await tab.evaluate(() => document.querySelector('.preview img').naturalWidth), 1);
  assert.equal(await tab.evaluate(() => history.length), 2);
  const asked = served.requests.at(-1);
  assert.equal(asked.headers.referer, undefined);
  assert.ok(!asked.url.includes('#'));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a verified file is saved under its name, byte for byte', { skip }, async () => {
  const bytes = content(5 * MIB + 3);
  const { tab, context, complaints } = await opened(await linked(bytes, 'Bericht ☃.bin'));
  await tab.waitForSelector('a[download]');
  const [download] = await Promise.all([tab.waitForEvent('download'), tab.click('a[download]')]);
  assert.equal(download.suggestedFilename(), 'Bericht ☃.bin');
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.deepEqual(new Uint8Array(Buffer.concat(chunks)), bytes);
  assert.equal((await kept(tab)).length, 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a text is shown as text, and a page of HTML is only saved', { skip }, async () => {
  const markup = '<script>document.title = "taken"</script>';
  const text = await opened(await linked(Buffer.from(markup), 'note.txt'));
  await text.tab.waitForSelector('.preview pre');
  assert.equal(await text.tab.textContent('.preview pre'), markup);
  await text.context.close();
  const html = await opened(await linked(Buffer.from(markup), 'note.html'));
  await html.tab.waitForSelector('a[download]');
  assert.equal(await html.tab.evaluate(async () => (await fetch(document.querySelector('a[download]').href).catch(() => null))?.headers.get('content-type') ?? 'refused'), 'refused');
  assert.equal(await html.tab.locator('.preview').count(), 0);
  assert.equal(await html.tab.title(), 'A file for you');
  await html.context.close();
});

test('an altered file is refused in words, and nothing of it is kept', { skip }, async () => {
  const { tab, context } = await opened(await linked(content(3 * MIB), 'a.bin', (body) => { const altered = body.slice(); altered[MIB] ^= 1; return altered; }));
  await tab.waitForSelector('[role=alert]');
  assert.match(await tab.textContent('[role=alert]'), /altered or damaged.*Code: altered/s);
  assert.deepEqual(await kept(tab), []);
  assert.equal(await tab.locator('a[download]').count(), 0);
  await context.close();
});

test('a link that is over, one that was cut, and none at all say what to do', { skip }, async () => {
  const link = await linked(content(10), 'a.bin');
  served.objects.clear();
  for (const [url, words, locale] of [[link, /Ask for a new one/, 'en'], [link.slice(0, -3), /not a whole link/, 'en'], [`${served.page}/open`, /kein vollständiger Link/, 'de-AT']]) {
    const { tab, context } = await opened(url, { locale });
    await tab.waitForSelector('[role=alert]');
    assert.match(await tab.textContent('[role=alert]'), words);
    assert.equal(await tab.evaluate(() => location.hash), '');
    assert.equal(await tab.getAttribute('html', 'lang'), locale.slice(0, 2));
    await context.close();
  }
});

test('a file over the browser\'s quota says so and names the command line', { skip }, async () => {
  const link = await linked(content(20 * MIB), 'large.bin');
  const { tab, context } = await opened(`${served.page}/open`);
  const session = await context.newCDPSession(tab);
  await session.send('Storage.overrideQuotaForOrigin', { origin: served.page, quotaSize: 5 * MIB });
  await tab.goto(link);
  await tab.waitForSelector('h2.name');
  await tab.waitForSelector('[role=alert]');
  assert.match(await tab.textContent('[role=alert]'), /does not fit.*keyfront open.*Code: storage-full/s);
  assert.deepEqual(await kept(tab), []);
  await context.close();
});

test('what a closed tab has left is deleted when a link is opened next', { skip }, async () => {
  const { tab, context } = await opened(await linked(content(100), 'a.bin'));
  await tab.waitForSelector('a[download]');
  const [first] = await kept(tab);
  const beside = await context.newPage();
  await beside.goto(await linked(content(100), 'b.bin'));
  await beside.waitForSelector('a[download]');
  // The first tab's is in use still.
  assert.equal((await kept(beside)).length, 2);
  await tab.close();
  const third = await context.newPage();
  await third.goto(await linked(content(100), 'c.bin'));
  await third.waitForSelector('a[download]');
  assert.ok(!(await kept(third)).includes(first));
  assert.equal((await kept(third)).length, 2);
  await context.close();
});

test('a file is sealed in a tab\'s worker, and opened by another implementation', { skip }, async () => {
  const { tab, context, complaints } = await opened(`${served.page}/seal`);
  const length = 9 * MIB + 77;
  const made = await tab.evaluate(async (length) => {
    const bytes = new Uint8Array(length).map((_, index) => (index * 31) >> 3);
    const key = await PublisherKey.fromPassphrase(engine, 'correct horse battery staple');
    const file = await sealerWith(engine, key).seal(new File([bytes], 'a.bin'), new AbortController().signal);
    const parts = [];
    for await (const part of partsOf(file, 5 * 2 ** 20)) parts.push(part);
    const again = await file.slice(0, 100);
    const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
    const resent = new Uint8Array(await again.arrayBuffer()).every((byte, index) => byte === whole[index]);
    file.close();
    const failure = await file.slice(0, 1).then(() => null, (error) => error.code);
    let binary = '';
    for (let at = 0; at < whole.length; at += 0x8000) binary += String.fromCharCode(...whole.subarray(at, at + 0x8000));
    return { text: key.toFileText(), metadata: file.metadata, body: btoa(binary), parts: parts.length, resent, failure };
  }, length);
  assert.deepEqual([made.parts, made.resent, made.failure], [2, true, 'internal']);
  const body = new Uint8Array(Buffer.from(made.body, 'base64'));
  const again = await modules.PublisherKey.fromFileText(engine, made.text);
  const { engine: over } = engineOver(body);
  const file = await modules.openOwn(over, again, { url: 'https://cdn.example/a', envelope: made.metadata, size: body.length, name: 'a' });
  assert.deepEqual(await bytesOf(file.content), new Uint8Array(length).map((_, index) => (index * 31) >> 3));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a file that is altered on the disk while its tab seals it is not sent on', { skip }, async () => {
  const folder = await mkdtemp('/tmp/keyfront-altered-');
  const path = join(folder, 'a.bin');
  await writeFile(path, content(3 * MIB));
  const { tab, context } = await opened(`${served.page}/seal`);
  await tab.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file' })));
  await tab.setInputFiles('input', path);
  await tab.evaluate(async () => {
    const key = await PublisherKey.generate(engine);
    const [file] = document.querySelector('input').files;
    globalThis.sealing = await sealerWith(engine, key).seal(file, new AbortController().signal);
    await sealing.slice(0, 2 ** 20);
  });
  await writeFile(path, content(3 * MIB, 2));
  const code = await tab.evaluate(() => sealing.slice(0, 2 ** 20).then(() => 'sent', (error) => error.code));
  assert.ok(['file-changed', 'file-unreadable'].includes(code), code);
  await context.close();
  await rm(folder, { recursive: true });
});
