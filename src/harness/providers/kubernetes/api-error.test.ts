import { describe, expect, test } from 'vitest';
import { waitUntil } from '../../support/wait.ts';
import { asking, clusterError, codeOf, isTransient, saidBy } from './cluster.ts';
import { answerEmptyList, startApiServer } from '../../testing/api-server.ts';

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('an API server that is out of reach', () => {
  test('is asked until it is back', async () => {
    const { cluster, come, go } = await startApiServer(answerEmptyList);
    await go();
    let asked = 0;
    const answered = asking(() => {
      asked += 1;
      return cluster.core.listNamespace();
    });
    answered.catch(() => undefined);
    const third = { name: 'the third question of an outage', limit: 20_000 };
    await waitUntil(
      () => (asked >= 3 ? { done: true, value: undefined } : { done: false, last: `${asked} questions` }),
      third,
    );
    await come();
    expect((await answered).items).toEqual([]);
  });

  test('may answer later, where a connection breaks before the answer', async () => {
    const { cluster } = await startApiServer((request) => void request.socket.destroy());
    expect(isTransient(await errorOf(cluster.core.listNamespace()))).toBe(true);
  });

  test('may answer later, where it takes no connection; the words say so', async () => {
    const { cluster, go } = await startApiServer(answerEmptyList);
    await go();
    const error = await errorOf(cluster.core.listNamespace());
    expect(isTransient(error)).toBe(true);
    expect(clusterError('pods could not be listed', error).message).toMatch(
      /^pods could not be listed: the API server does not answer \(.*ECONNREFUSED 127\.0\.0\.1.*\)\. Check the context/,
    );
  });

  test('is told by the cause of an error of fetch', async () => {
    const { url, go } = await startApiServer(answerEmptyList);
    await go();
    const error = await errorOf(fetch(url));
    expect(error).toBeInstanceOf(TypeError);
    expect(isTransient(error)).toBe(true);
    expect(saidBy(error)).toMatch(/^fetch failed: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  });
});

/** What happened, the error, and whether the same question may be answered later. */
test.each([
  ['no answer to a connect', new TypeError('fetch failed', { cause: coded('UND_ERR_CONNECT_TIMEOUT') }), true],
  ['the other side closed', new TypeError('fetch failed', { cause: coded('UND_ERR_SOCKET') }), true],
  [
    'every address refused',
    new TypeError('fetch failed', { cause: new AggregateError([coded('ECONNREFUSED')]) }),
    true,
  ],
  ['a watch without an event', new DOMException('The operation was aborted due to timeout', 'TimeoutError'), true],
  ['a web socket that was refused', { type: 'error', error: coded('ECONNREFUSED') }, true],
  ['a certificate that is not trusted', new TypeError('fetch failed', { cause: coded('DEPTH_ZERO_CERT') }), false],
  ['too busy', Object.assign(new Error('HTTP-Code: 429'), { code: 429 }), true],
  ['no such thing', Object.assign(new Error('HTTP-Code: 404'), { code: 404 }), false],
])('%s', (_what, error, again) => {
  expect(isTransient(error)).toBe(again);
});

test('an error that is its own cause has an end', () => {
  const error = new Error('round and round');
  error.cause = error;
  expect(isTransient(error)).toBe(false);
});

test('the number of a TimeoutError is no answer of the server', () => {
  expect(codeOf(new DOMException('too late', 'TimeoutError'))).toBeUndefined();
});

function coded(code: string): Error {
  return Object.assign(new Error('of undici'), { code });
}
