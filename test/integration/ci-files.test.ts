import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** Configurations of CI, our own and those that users copy: they parse, and name what there is. */

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');

const step = z.strictObject({
  name: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w-]+\/[\w-]+@v\d+$/)
    .optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const github = z.object({
  name: z.string(),
  on: z.union([z.string(), z.record(z.string(), z.unknown())]),
  jobs: z.record(
    z.string(),
    z.object({ 'runs-on': z.string(), 'timeout-minutes': z.number(), steps: z.array(step).nonempty() }),
  ),
});
const gitlabJob = z.object({
  image: z.string(),
  script: z.array(z.string()).nonempty(),
  variables: z.record(z.string(), z.string()).optional(),
  cache: z.object({ paths: z.array(z.string()) }).optional(),
  artifacts: z
    .object({ when: z.string(), paths: z.array(z.string()), reports: z.object({ junit: z.string() }) })
    .optional(),
});

/** Blocks of docs/ci.md that begin with ```` ```yaml KIND ````. */
function examples(kind: string): unknown[] {
  const fence = new RegExp(`^\`\`\`yaml ${kind}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...read('docs/ci.md').matchAll(fence)].map(([, code = '']) => load(code));
}

/** Jobs of a file of GitLab: what is not a word of its own. */
function gitlabJobs(file: unknown) {
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(file));
  const jobs = entries.filter(([name]) => !['stages', 'default', 'variables'].includes(name) && !name.startsWith('.'));
  return jobs.map(([name, job]) => ({ name, ...gitlabJob.parse(job) }));
}

function expectScriptsExist(commands: readonly string[]): void {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  const named = commands.flatMap((command) => [...command.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name));
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
}

describe('our own', () => {
  test.for([
    [
      'GitHub',
      () =>
        Object.values(github.parse(load(read('.github/workflows/ci.yml'))).jobs).map(({ steps }) =>
          steps.flatMap(({ run }) => run ?? []),
        ),
    ],
    ['GitLab', () => gitlabJobs(load(read('.gitlab-ci.yml'))).map(({ script }) => script)],
  ] as const)('%s runs the gates and npm test on any machine, and .ci/run on one that has all', ([, jobs]) => {
    const [quick = [], whole = []] = jobs();
    expect(quick).toEqual(['npm ci', 'npm run check', 'npm test']);
    expect(whole.at(-1)).toBe('bash .ci/run');
    expectScriptsExist(quick);
  });

  test('.ci/run names scripts that exist', () => {
    expectScriptsExist([read('.ci/run')]);
  });
});

describe('what users copy', () => {
  test.for(examples('github').map((each, at) => [at + 1, each] as const))(
    'GitHub, example %i: runs the matrix, keeps its results, caches what was fetched',
    ([, example]) => {
      const jobs = Object.values(github.parse(example).jobs);
      expect(jobs).toHaveLength(1);
      const steps = jobs.flatMap((job) => job.steps);
      const runs = steps.flatMap(({ run }) => run ?? []);
      expect(runs.map((run) => run.replace(/ --project .*/, ''))).toEqual(['npm ci', 'npx vitest run']);
      const cache = steps.find(({ uses }) => uses?.startsWith('actions/cache@'));
      expect(cache?.with?.['path']).toBe('~/.cache/corda-compat');
      const kept = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
      expect(kept).toMatchObject({ if: '${{ !cancelled() }}', with: { path: 'test-results/' } });
    },
  );

  test('GitLab: the same, with JUnit in merge requests', () => {
    const [job, ...others] = examples('gitlab').flatMap(gitlabJobs);
    expect(others).toEqual([]);
    expect(job?.script).toEqual(['npm ci', 'npx vitest run']);
    expect(job?.artifacts).toMatchObject({
      when: 'always',
      paths: ['test-results/'],
      reports: { junit: 'test-results/junit.xml' },
    });
    const cached = job?.cache?.paths[0] ?? '';
    expect(`${job?.variables?.['COMPAT_CACHE']}/`).toBe(`$CI_PROJECT_DIR/${cached}`);
  });

  test('there is an example of each', () => {
    expect(examples('github').length).toBeGreaterThan(1);
    expect(examples('gitlab')).toHaveLength(1);
  });
});
