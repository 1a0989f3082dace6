import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMatrix } from './load.ts';
import type { Matrix } from './matrix.ts';
import { FINANCE, folderWithMatrix } from '../testing/matrix.ts';
import { loadCells } from './expand.ts';
import { idOf } from './ref-files.ts';

const SHA = 'D27AA0E6850D3804D0982024054376D452E7073A';
const GIT = 'https://me:s3cret@example.org/corda.git';
const RECIPE = { node: { command: 'make', artefact: 'out/*.jar' } };

async function load(refs: string | undefined, more: object = {}): Promise<Matrix> {
  const releases = { corda: { git: GIT, refs: 'releases.txt', java: 17, build: RECIPE }, ...more };
  const cwd = await folderWithMatrix({ releases, cordapps: FINANCE, limits: { build: 60 } });
  if (refs !== undefined) await writeFile(join(cwd, 'releases.txt'), refs);
  return loadMatrix({ cwd, env: {} });
}

describe('a file of refs', () => {
  test('is a git release for every line, in their order', async () => {
    const { releases } = await load(
      `# ours\r\nrelease/os/4.11\n\n  release/os/4.12 # the next one\nrefs/tags/release-os-4.10\n${SHA}\norigin/main\n`,
      { mine: { maven: '4.8' } },
    );
    expect(releases.map(({ id }) => id)).toEqual([
      'release-os-4.11',
      'release-os-4.12',
      'release-os-4.10',
      'd27aa0e685',
      'origin-main',
      'mine',
    ]);
    expect(releases[1]).toMatchObject({
      source: { kind: 'git', repository: GIT, ref: 'release/os/4.12', build: RECIPE, limit: 60_000 },
      java: 17,
    });
    expect(releases[1]?.cordapps).toHaveLength(2);
  });

  test.each([
    [undefined, /releases\.corda\.refs: found "releases\.txt"; no such file: .*releases\.txt/],
    ['# nothing\n', /releases\.corda\.refs: .*names no ref/],
    ['a/b\na-b\n', /releases\.txt line 2, "a-b": its id would be a-b, which an earlier ref has as well/],
    ['a/b\nA-B\n', /line 2, "A-B": its id would be A-B, which an earlier ref/],
    ['next\nNEXT\n', /line 1, "next": its id would be next, which another release has[^]*line 2, "NEXT"/],
    ['main~1\n', /line 1, "main~1": must be a branch, a tag/],
    ['ok\n-f\na b\n', /line 2, "-f": must be[^]*line 3, "a b": must be/],
    ['---\n', /line 1, "---"/],
  ])('with mistakes: %j', async (refs, expected) => {
    await expect(load(refs, { next: { maven: '4.8' } })).rejects.toThrow(expected);
  });

  test('may be paired by the ids of its refs', async () => {
    const cwd = await folderWithMatrix({
      releases: { corda: { git: '../corda', refs: 'releases.txt' } },
      pairs: [['release-os-4.8', 'release-os-4.10']],
    });
    await writeFile(join(cwd, 'releases.txt'), 'release/os/4.10\nrelease/os/4.8\n');
    const { cells, matrix } = await loadCells({ cwd, env: {} });
    expect(cells.map(({ name }) => name)).toEqual(['release-os-4.8+release-os-4.10']);
    expect(matrix.releases[0]?.source).toMatchObject({ repository: join(cwd, '../corda'), limit: 3_600_000 });
    expect(matrix.warnings).toEqual([]);
  });
});

test.each([
  ['release/os/4.12', 'release-os-4.12'],
  ['refs/heads/main', 'main'],
  ['v1^{}', 'v1'],
  ['feature/ENT-1_x (y)', 'feature-ENT-1_x-y'],
  ['x'.repeat(39) + '/y', 'x'.repeat(39)],
  [SHA, 'd27aa0e685'],
])('the id of %s is %s', (ref, id) => {
  expect(idOf(ref)).toBe(id);
});
