import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { Lanes } from './lanes.ts';

const MINUTE_MS = 60_000;
const ENGINE = './test/rig/docker-setup.ts';
const CLUSTER = './test/rig/cluster-setup.ts';

/**
 * The tests of this project itself. They run apart from `npx vitest run`, which shows cells only.
 * A folder below test/ is a project, named by what its tests need. `npm test` runs those that need nothing but Node: `unit`, `integration`
 * and `e2e`. `npm run test:all` runs every one; test/integration/layout.test.ts holds files, projects and scripts together.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: Lanes },
    projects: [
      {
        test: {
          name: 'unit',
          root: '.',
          include: ['src/**/*.test.ts', 'fixtures/**/*.test.ts'],
          testTimeout: MINUTE_MS,
          // Vitest's default leaves a processor free, which is half of a machine with two.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      real('integration', { testMinutes: 5 }),
      real('e2e'),
      real('long'),
      real('root'),
      real('engine', { globalSetup: [ENGINE] }),
      real('cluster', { globalSetup: [ENGINE, CLUSTER] }),
    ],
  },
});

interface Needs {
  readonly testMinutes?: number;
  readonly globalSetup?: string[];
}

/**
 * What needs real things, all together: mostly it waits for an engine, a cluster or a network. Files that share one of them wait for each
 * other, see takeTurn, and each of them holds a worker meanwhile: more workers than there is work for at a time.
 */
function real(name: string, { testMinutes = 10, globalSetup = [] }: Needs = {}): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      root: '.',
      include: [`test/${name}/**/*.test.ts`],
      globalSetup,
      testTimeout: testMinutes * MINUTE_MS,
      hookTimeout: (testMinutes + 5) * MINUTE_MS,
      maxWorkers: 8,
      sequence: { groupOrder: 2 },
    },
  };
}
