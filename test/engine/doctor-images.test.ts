import { expect, test } from 'vitest';
import { imageChecks } from '../../src/cli/doctor/docker-checks.ts';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { registryProxy } from '../rig/registry-proxy.ts';

// The doctor of images against a real engine and a real registry with a password.

describeWithDocker('doctor', () => {
  const examine = (env: Readonly<Record<string, string>>, bases = { named: [] as string[], anyUnnamed: true }) => {
    const engine = { client: engineAt({ url: rigEnv().DOCKER_HOST }) };
    const { signal } = new AbortController();
    return imageChecks({ engine, env: { ...process.env, ...env }, signal, needs: { javas: [8], bases } });
  };

  test('says as whom a registry answers, and what images would be made on', async () => {
    const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: user } = rigEnv();
    const [registry, base] = await examine({});
    expect(registry).toMatchObject({ name: 'registry', state: 'ok', found: `${address} answers as ${user}` });
    // Fetched, there already, or made of this machine's Java: a run goes through.
    expect(base).toMatchObject({ name: 'base java 8', state: 'ok' });
    expect(base?.found).toContain('eclipse-temurin:8-jre');
  });

  test.for([
    ['a wrong password', { COMPAT_REGISTRY_PASSWORD: 'wrong' }, /does not accept the user or the password \(401\)/],
    ['nobody there', { COMPAT_REGISTRY: '127.0.0.1:1' }, /127\.0\.0\.1:1 cannot be reached/],
    ['no address', { COMPAT_REGISTRY: 'https://somewhere' }, /is no registry: expected host/],
    ['half a user', { COMPAT_REGISTRY_PASSWORD: '' }, /COMPAT_REGISTRY_USER is set, but not COMPAT_REGISTRY_PASSWORD/],
  ] as const)('%s: a registry is missing, with what to do', async ([, env, words]) => {
    const [registry] = await examine(env);
    expect(registry).toMatchObject({ state: 'missing', found: expect.stringMatching(words) as string });
  });

  test('a proxy that lets nobody read is told', async () => {
    await using proxy = await registryProxy('127.0.0.1:1');
    const [registry] = await examine({ COMPAT_REGISTRY: proxy.address });
    expect(registry?.state).toBe('missing');
  });

  test('a base that somebody named must be there', async () => {
    const [, base, ...more] = await examine({ COMPAT_BASE_IMAGE: '127.0.0.1:1/no/base:1' });
    expect(base).toMatchObject({ state: 'missing', found: '127.0.0.1:1/no/base:1 is not available' });
    expect(base?.tried?.join()).toMatch(/refused/);
    expect(base?.mend).toMatch(/build base/);
    expect(more).toEqual([]);
    const [, named] = await examine({}, { named: ['127.0.0.1:1/of/the/matrix:1'], anyUnnamed: false });
    expect(named?.found).toBe('127.0.0.1:1/of/the/matrix:1 is not available');
  });
});
