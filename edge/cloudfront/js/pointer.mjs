// Asks the bucket which release is active, for the module, which signed the question. Loaded when a site first has releases. No
// rule lives here, and nothing goes on once the answer is there: a frozen function could not end it.

import { Agent, request } from 'node:https';

/** Milliseconds: from then on the last known pointer serves. */
const TIMEOUT = 500;
/** Characters: a longer answer is no pointer. */
const LONGEST = 65_536;

const agent = new Agent({ keepAlive: true });

/** One question at a time: by host and path, the promise of its answer. */
const underWay = new Map();

/** The fields of the frame for the bucket's answer; without a status if there is none in time. */
export function answerOf(question) {
  const [askedAt, host, path, ...headers] = question;
  const name = host + path;
  let answer = underWay.get(name);
  if (answer === undefined) {
    answer = ask(host, path, headers)
      .catch((error) => {
        console.error(`keyfront release-unknown ${name}: ${error.message}`);
        return ['', '', ''];
      })
      .then((said) => [askedAt, host, path, ...said])
      .finally(() => underWay.delete(name));
    underWay.set(name, answer);
  }
  return answer;
}

function ask(host, path, headers) {
  return new Promise((settle, fail) => {
    let asked;
    const timer = setTimeout(() => asked?.destroy(new Error(`no answer within ${TIMEOUT} ms`)), TIMEOUT);
    const end = (settled) => (value) => {
      clearTimeout(timer);
      settled(value);
    };
    const send = (again) => {
      asked = request({ host, path, headers, agent }, (answer) => {
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
