import { expect, test } from 'vitest';
import { expand, select } from './expand.ts';
import { loadMatrix } from './load.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';

async function selected(...patterns: string[]): Promise<string[]> {
  const releases = mavenReleases('4.5', '4.8', '4.10', '3.3-corda');
  const cwd = await folderWithMatrix({ releases, cordapps: FINANCE, pairs: 'all' });
  return select(expand(await loadMatrix({ cwd, env: {} })), patterns).map(({ name }) => name);
}

test('patterns choose as they do for vitest', async () => {
  const all = ['3.3-corda+4.5', '3.3-corda+4.8', '3.3-corda+4.10', '4.5+4.8', '4.5+4.10', '4.8+4.10'];
  expect(await selected()).toEqual(all);
  expect(await selected('4.8+4.10')).toEqual(['4.8+4.10']);
  expect(await selected('*4.10*')).toEqual(['3.3-corda+4.10', '4.5+4.10', '4.8+4.10']);
  expect(await selected('4.5+*', '3.3-CORDA+4.5')).toEqual(['3.3-corda+4.5', '4.5+4.8', '4.5+4.10']);
  expect(await selected('!*corda*')).toEqual(['4.5+4.8', '4.5+4.10', '4.8+4.10']);
  // A dot is a dot, and a part of a name is not the name.
  expect(await selected('4x8+4.10', '4.8')).toEqual([]);
});
