import { expect, test } from 'vitest';
import { engineOnce } from './engine.ts';
import { engineFailure, EngineRefusal } from './engine-failure.ts';
import { addressOf, engineAt } from './engine-address.ts';

test.each([
  [{ url: 'unix:///var/run/docker.sock' }],
  [{ url: 'unix:///home/a%20user/docker.sock' }],
  [{ url: 'tcp://localhost:2375' }],
])('the address %j is what a client at it has', (address) => {
  expect(addressOf(engineAt(address), {})).toEqual(address);
});

test('with TLS, the address says where the certificates are', () => {
  const client = engineAt({ url: 'tcp://localhost:2376' });
  expect(addressOf(client, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' })).toEqual({
    url: 'tcp://localhost:2376',
    certPath: '/certs',
  });
});

test.each(['ssh://me@build.example:22', 'ssh://build.example'])('an engine by ssh is refused: %s', async (host) => {
  await expect(engineOnce({ DOCKER_HOST: host })()).rejects.toThrow(
    `DOCKER_HOST failed to name a Docker engine of this machine (seen: ${host}). Set it to a socket`,
  );
});

/** As the client throws them. */
function answer(statusCode: number, message: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) ${message}`), { statusCode, json: { message } });
}

test.each([
  [answer(409, 'Conflict. The container name "/x" is already in use'), /refuses: Conflict.*corda-compat sweep/],
  [answer(404, 'could not find an available, non-overlapping IPv4 address pool'), /no addresses left.*network prune/],
  [answer(500, 'write /x: no space left on device'), /no disk left.*docker system df/],
  [answer(500, 'something else'), /answers 500: something else$/],
  [new Error('connect ENOENT /x.sock'), /does not answer \(connect ENOENT \/x\.sock\)/],
  [new EngineRefusal('toomanyrequests'), /says: toomanyrequests$/],
])('%s is told with what to do', (error, words) => {
  const told = engineFailure('party-a could not be started', error, 'space');
  expect(told.message).toMatch(/^party-a could not be started: the Docker engine /);
  expect(told.message).toMatch(words);
  expect(told.failure).toMatchObject({ outcome: 'blocked', step: 'space' });
});
