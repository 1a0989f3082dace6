import { expect, test } from 'vitest';
import { folderWithMatrix, mavenReleases } from '../../harness/testing/matrix.ts';
import { capacityCheck, matrixCheck } from './machine-checks.ts';

const MACHINE = { availableMemoryMb: () => 4_000, freeDiskMb: () => Promise.resolve(100_000) };

test('room is asked for by the largest network of the matrix', async () => {
  const releases = mavenReleases('4.5', '4.6', '4.7', '4.8', '4.9', '4.10');
  const nodesOf = async (more: object): Promise<number> =>
    (await matrixCheck({ cwd: await folderWithMatrix({ releases, ...more }), env: {} })).needs.nodes;
  expect([await nodesOf({}), await nodesOf({ mixed: 'all' })]).toEqual([3, 7]);
  expect(await capacityCheck(3, MACHINE)).toMatchObject({ state: 'ok' });
  expect(await capacityCheck(7, MACHINE)).toMatchObject({
    state: 'missing',
    mend: expect.stringContaining('5506 MB of memory for 7 nodes') as string,
  });
});
