import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Vitest } from 'vitest/node';
import type { ViteUserConfig } from 'vitest/config';
import { SUITE_FILES } from '../domain/suites.ts';
import { leaseSocketPath } from '../run/lease-server.ts';
import './compat-context.ts';
import { defaultProvisioner, loadDefaultMatrix } from './defaults.ts';
import type { CompatOptions } from './compat-options.ts';
import { setHarness } from './harness-slot.ts';
import { cellProjects } from './projects.ts';
import { CellSequencer } from './sequencer.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { foldersOf } from './session-options.ts';
import { takeOverSignals } from './signals.ts';
import { stopRun } from './stop.ts';

/**
 * Loads the matrix and makes the run's session; returns what vitest must be told.
 * @param root absolute folder of the project
 * @throws Error with everything that is wrong with the matrix
 */
export async function prepare(options: CompatOptions, root: string): Promise<ViteUserConfig> {
  const matrix = await readable((options.load ?? loadDefaultMatrix)({ cwd: root, env: process.env }));
  const socket = leaseSocketPath();
  const results = resolve(root, options.results ?? (process.env['COMPAT_RESULTS'] || 'test-results'));
  const session = createSession({
    matrix,
    createProvisioner: options.provisioner ?? defaultProvisioner,
    root,
    results,
    socket,
    env: process.env,
    write: (text) => void process.stdout.write(text),
  });
  setHarness({
    attach: (vitest) => attach(session, vitest),
    open: () => session.open(),
    finish: () => session.finish(),
  });
  const include = options.include ?? [SUITE_FILES];
  return {
    test: {
      watch: false,
      // Another reporter would have the last word; `attach` brings ours back where --reporter replaced it.
      reporters: [session.reporter],
      globalSetup: [fileURLToPath(new URL('./global-setup.ts', import.meta.url))],
      attachmentsDir: resolve(results, 'attachments'),
      sequence: { sequencer: CellSequencer },
      projects: cellProjects({ cells: matrix.cells, include, socket }),
    },
  };
}

function attach(session: Session, vitest: Vitest): void {
  if (!session.attach(vitest)) return;
  const { reporters } = vitest.config;
  if (!reporters.includes(session.reporter)) reporters.push(session.reporter);
  // The global teardown ends the session; this does where no global set-up came that far.
  vitest.onClose(() => session.finish());
  const finish = async (): Promise<void> => {
    await session.finish();
    await Promise.all(foldersOf(vitest).map((folder) => rm(folder, { recursive: true, force: true })));
  };
  takeOverSignals({
    onFirst: (signal) => {
      session.interrupt(signal);
      return stopRun(vitest, finish);
    },
    onSecond: (signal) => session.interrupt(`a second ${signal}`),
    finish,
  });
}

/** Vitest prints an error of the configuration with stack and properties, which nobody who mistyped a release wants to read. */
async function readable<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const plain = new Error(error.message);
    plain.stack = error.message;
    throw plain;
  }
}
