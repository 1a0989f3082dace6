import Docker from 'dockerode';
import { expect, test } from 'vitest';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';

describeWithDocker('the Docker rig', () => {
  test('is an engine that answers', async () => {
    const { DOCKER_HOST: host } = rigEnv();
    const engine = new Docker({ socketPath: host.slice('unix://'.length) });
    expect(await engine.version()).toMatchObject({ Os: 'linux' });
  });

  test('and a registry that asks for a password', async () => {
    const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: user, COMPAT_REGISTRY_PASSWORD: password } = rigEnv();
    const status = async (words: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(words).toString('base64')}`;
      return (await fetch(`http://${address}/v2/`, { headers: { authorization } })).status;
    };
    expect([await status(`${user}:${password}`), await status(`${user}:wrong`)]).toEqual([200, 401]);
  });
});
