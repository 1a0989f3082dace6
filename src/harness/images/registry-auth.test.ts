import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { authFor } from './registry.ts';

const HOST = 'registry.example:5000';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A folder as `docker login` keeps it, on the path as well, for credential helpers. */
async function dockerFolder(config: unknown): Promise<{ DOCKER_CONFIG: string; PATH: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-auth-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH']}` };
}

async function helper({ DOCKER_CONFIG }: { DOCKER_CONFIG: string }, name: string, script: string): Promise<void> {
  const file = join(DOCKER_CONFIG, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

test('what the environment says goes before what docker login has kept, for its own registry only', async () => {
  const docker = await dockerFolder({ auths: { [HOST]: { auth: base64('kept:word') } } });
  const env = { ...docker, COMPAT_REGISTRY: `${HOST}/team`, COMPAT_REGISTRY_USER: 'u', COMPAT_REGISTRY_PASSWORD: 'p' };
  expect(await authFor(HOST, env)).toEqual({ username: 'u', password: 'p', serveraddress: HOST });
  expect(await authFor(HOST, { ...env, COMPAT_REGISTRY: 'other:1' })).toMatchObject({ username: 'kept' });
});

test('a user without a password is told', async () => {
  const env = { COMPAT_REGISTRY: HOST, COMPAT_REGISTRY_USER: 'u' };
  await expect(authFor(HOST, env)).rejects.toThrow('COMPAT_REGISTRY_USER is set, but not COMPAT_REGISTRY_PASSWORD');
});

test('an entry of the file: with colons in the password, under an address, as a token, of Docker’s own hub', async () => {
  const docker = await dockerFolder({
    auths: {
      [HOST]: { auth: base64('u:a:b') },
      'https://second.example': { auth: base64('v:w') },
      'third.example': { auth: base64('t:'), identitytoken: 'token' },
      'https://index.docker.io/v1/': { auth: base64('hub:word') },
    },
  });
  expect(await authFor(HOST, docker)).toMatchObject({ username: 'u', password: 'a:b' });
  expect(await authFor('second.example', docker)).toMatchObject({ username: 'v', password: 'w' });
  expect(await authFor('third.example', docker)).toMatchObject({ identitytoken: 'token' });
  expect(await authFor('docker.io', docker)).toMatchObject({ username: 'hub' });
  expect(await authFor('fourth.example', docker)).toBeUndefined();
});

test('a credential helper of the registry is asked first, then the general one', async () => {
  const docker = await dockerFolder({ credsStore: 'general', credHelpers: { [HOST]: 'special' } });
  await helper(docker, 'special', `cat >/dev/null; echo '{"Username":"s","Secret":"1"}'`);
  await helper(docker, 'general', `cat >/dev/null; echo '{"Username":"<token>","Secret":"2"}'`);
  expect(await authFor(HOST, docker)).toMatchObject({ username: 's', password: '1' });
  expect(await authFor('second.example', docker)).toMatchObject({ identitytoken: '2' });
});

test('a helper that has nothing leaves it to the file; one that is not installed is named', async () => {
  const docker = await dockerFolder({ credsStore: 'empty', auths: { [HOST]: { auth: base64('u:p') } } });
  await helper(docker, 'empty', 'cat >/dev/null; echo credentials not found in native keychain; exit 1');
  expect(await authFor(HOST, docker)).toMatchObject({ username: 'u' });
  const absent = await dockerFolder({ credsStore: 'absent' });
  await expect(authFor(HOST, absent)).rejects.toThrow(
    'docker-credential-absent, which the Docker config names, is not',
  );
});

test('a file that is none of docker login’s is named; none at all is nothing', async () => {
  await expect(authFor(HOST, await dockerFolder('{'))).rejects.toThrow(
    /config\.json does not have the form of docker login/,
  );
  const blank = await dockerFolder({ auths: { [HOST]: { auth: base64('nobody') } } });
  await expect(authFor(HOST, blank)).rejects.toThrow(`the entry of ${HOST} cannot be read: run docker login`);
  expect(await authFor(HOST, { DOCKER_CONFIG: '/nowhere' })).toBeUndefined();
});
