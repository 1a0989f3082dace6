import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import type { Plugin } from 'vitest/config';
import { leaseSocketPath } from '../run/lease-server.ts';
import type { CreateProvisioner } from '../run/provisioner.ts';
import './compat-context.ts';
import { defaultProvisioner, loadDefaultMatrix } from './defaults.ts';
import { cellProjects, isCellProject } from './projects.ts';
import { CellSequencer } from './sequencer.ts';
import { currentSession, setSession } from './session-slot.ts';
import type { LoadedMatrix } from './session-options.ts';
import { createSession } from './session.ts';
import { takeOverSignals } from './signals.ts';
import { stopRun } from './stop.ts';

export type { LoadedMatrix } from './session-options.ts';

export interface CompatOptions {
  /** Suite files; `suites/**\/*.test.ts` by default. */
  readonly include?: readonly string[];
  /** Folder of reports and evidence; by default `COMPAT_RESULTS`, or `test-results`. */
  readonly results?: string;
  /** Where the cells come from; matrix.json by default. */
  readonly load?: (where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) => Promise<LoadedMatrix>;
  /** Who brings up networks. */
  readonly provisioner?: CreateProvisioner;
}

/**
 * Makes `vitest run` run the cells of matrix.json: a project for each, its network up before its first suite and gone
 * after its last, verdicts in test-results/. @throws Error with everything that is wrong with the matrix
 */
export function cordaCompat(options: CompatOptions = {}): Plugin {
  return {
    name: 'corda-compat',
    async config(config) {
      // Vitest reads this file again for every project, since projects extend it.
      if (isCellProject(config)) return undefined;
      const root = resolve(config.root ?? process.cwd());
      const matrix = await readable((options.load ?? loadDefaultMatrix)({ cwd: root, env: process.env }));
      const results = resolve(root, options.results ?? (process.env['COMPAT_RESULTS'] || 'test-results'));
      const socket = leaseSocketPath();
      const session = createSession({
        matrix,
        createProvisioner: options.provisioner ?? defaultProvisioner,
        root,
        results,
        socket,
        env: process.env,
        write: (text) => void process.stdout.write(text),
      });
      setSession(session);
      const include = options.include ?? ['suites/**/*.test.ts'];
      return {
        test: {
          watch: false,
          // Another reporter would have the last word; `configureVitest` brings ours back where --reporter replaced it.
          reporters: [session.reporter],
          globalSetup: [fileURLToPath(new URL('./global-setup.ts', import.meta.url))],
          attachmentsDir: resolve(results, 'attachments'),
          sequence: { sequencer: CellSequencer },
          projects: cellProjects({ cells: matrix.cells, include, socket }),
        },
      };
    },
    configureVitest({ vitest }) {
      const session = currentSession();
      if (!session.attach(vitest)) return;
      const { reporters } = vitest.config;
      if (!reporters.includes(session.reporter)) reporters.push(session.reporter);
      // The global teardown ends the session; this does where no global set-up came that far.
      vitest.onClose(() => session.finish());
      takeOverSignals({
        onFirst: (signal) => {
          session.interrupt(signal);
          return stopRun(vitest);
        },
        onSecond: (signal) => session.interrupt(`a second ${signal}`),
      });
    },
  };
}

/** Vitest prints an error of the configuration with its stack, which nobody who mistyped a release wants to read. */
async function readable<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}
