// Asks the bucket which release is active, for the module, which signed the question. Loaded when a site first has releases. No
// rule lives here. A question that is not answered in time goes on: a late answer is the next request's.

import { Agent, request } from 'node:https';

/** Milliseconds a question has. */
const LIMIT = 3_000;
/** Characters: a longer answer is no pointer. */
const LONGEST = 65_536;

const agent = new Agent({ keepAlive: true });

/** One question at a time: by host and path, the promise that its answer is kept. */
const underWay = new Map();

/** Waits until `keep` has the fields of the frame for the bucket's answer, without a status if there is none in time. */
export async function settle([wait, askedAt, host, path, ...headers], keep) {
  const name = host + path;
  const handOver = (said) => keep([askedAt, host, path, ...said]);
  const failed = (reason) => {
    console.error(`keyfront release-unknown ${name}: ${reason}`);
    return ['', '', ''];
  };
  let asking = underWay.get(name);
  if (asking === undefined) {
    asking = ask(host, path, headers)
      .catch((error) => failed(error.message))
      .then(handOver)
      .finally(() => underWay.delete(name));
    // Nobody may be waiting by then.
    asking.catch(() => undefined);
    underWay.set(name, asking);
  }
  let timer;
  const late = new Promise((end) => {
    timer = setTimeout(end, wait);
  }).then(() => handOver(failed(`no answer within ${wait} ms`)));
  await Promise.race([asking, late]).finally(() => clearTimeout(timer));
}

function ask(host, path, headers) {
  const { hostname, port } = new URL(`https://${host}`);
  return new Promise((settle, fail) => {
    let asked;
    const timer = setTimeout(() => asked?.destroy(new Error('no answer')), LIMIT);
    const end = (settled) => (value) => {
      clearTimeout(timer);
      settled(value);
    };
    const send = (again) => {
      asked = request({ host: hostname, port, path, headers, agent }, (answer) => {
        let body = '';
        answer.setEncoding('latin1');
        answer.on('data', (chunk) => {
          body += chunk;
          if (body.length > LONGEST) asked.destroy(new Error('the answer is too long'));
        });
        answer.on('end', () => end(settle)([String(answer.statusCode), answer.headers.etag ?? '', body]));
        answer.on('error', end(fail));
      });
      // A kept connection that the bucket closed meanwhile, while nobody looked.
      asked.on('error', (error) => (again && asked.reusedSocket && error.code === 'ECONNRESET' ? send(false) : end(fail)(error)));
      asked.end();
    };
    send(true);
  });
}
