import { describe, expect, test } from 'vitest';
import { expand } from './expand.ts';
import { loadMatrix } from './load.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';
import { plan } from '../hub/run-plan.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const two = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };

describe('databases on a server', () => {
  const matrix = { releases: mavenReleases('4.8', '4.10'), topology: { database: 'postgresql' } };

  test('need the server’s address, which is not for a file', async () => {
    const cwd = await folderWithMatrix(matrix);
    await expect(loadMatrix({ cwd, env: {} })).rejects.toThrow(
      /line \d+, topology\.database: found "postgresql"; the server is missing: set COMPAT_POSTGRES=postgresql:/,
    );
  });

  test('an address that cannot be read is not shown', async () => {
    const cwd = await folderWithMatrix(matrix);
    const env = { COMPAT_POSTGRES: 'mysql://u:geheim@h' };
    const error = await loadMatrix({ cwd, env }).catch((reason: unknown) => String(reason));
    expect(error).toContain('COMPAT_POSTGRES: must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
    expect(error).not.toContain('geheim');
  });
});

describe('what keeps Pods there', () => {
  const inCluster = { ...two, provider: 'kubernetes' };
  const deployments = { ...inCluster, kubernetes: { workload: 'deployment' } };

  test.each([
    ['nobody', inCluster, {}, undefined],
    ['the file', deployments, {}, 'deployment'],
    ['the environment', inCluster, { COMPAT_WORKLOAD: 'deployment' }, 'deployment'],
    ['the environment over the file', deployments, { COMPAT_WORKLOAD: 'statefulset' }, undefined],
  ])('is said by %s', async (_, matrix, env, expected) => {
    const loaded = await loadMatrix({ cwd: await folderWithMatrix(matrix), env, now: NOW });
    expect(loaded.workloadKind).toBe(expected);
    expect(expand(loaded)[0]?.workloadKind).toBe(expected);
    expect(loaded.warnings).toEqual([]);
  });

  test('is warned of where no cell is in a cluster', async () => {
    const cwd = await folderWithMatrix({ ...deployments, provider: 'docker' });
    const loaded = await loadMatrix({ cwd, env: {}, now: NOW });
    expect(loaded.workloadKind).toBeUndefined();
    expect(loaded.warnings).toEqual([
      'kubernetes.workload: "deployment" has no effect with provider docker: only provider kubernetes uses a cluster',
    ]);
  });

  test('is in the plan', async () => {
    const cells = expand(await loadMatrix({ cwd: await folderWithMatrix(deployments), env: {}, now: NOW }));
    expect(plan(cells).title).toContain('; provider kubernetes (deployment), JVM options');
  });
});
