import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Vitest } from 'vitest/node';
import type { ViteUserConfig } from 'vitest/config';
import { leaseSocketPath } from '../run/lease-server.ts';
import { moduleFile } from '../support/own-files.ts';
import './compat-context.ts';
import { defaultProvisioner, loadDefaultMatrix } from './defaults.ts';
import type { CompatOptions } from './compat-options.ts';
import { refuseNumbers } from './filters.ts';
import { setHarness } from './harness-slot.ts';
import { cellProjects } from './projects.ts';
import { CellSequencer } from './sequencer.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { foldersOf, type LoadedMatrix } from './session-options.ts';
import { takeOverSignals } from './signals.ts';
import { keepBundledSuites, suiteFiles } from './suite-files.ts';
import { stopRun } from './stop.ts';
import { variableOr } from '../domain/environment.ts';

/** Of the user's own configuration of vitest. */
interface Surroundings {
  /** Absolute folder of the project. */
  readonly root: string;
  readonly exclude: readonly string[] | undefined;
}

/**
 * Loads the matrix and makes the run's session; returns what vitest must be told.
 * @throws Error with everything that is wrong with the matrix, the options, or a filter that vitest misreads
 */
export async function prepare(options: CompatOptions, { root, exclude }: Surroundings): Promise<ViteUserConfig> {
  const matrix = await readable(load(options, root));
  const socket = leaseSocketPath();
  const results = resolve(root, options.results ?? variableOr(process.env, 'COMPAT_RESULTS'));
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
    attach: (vitest) => {
      if (suites !== undefined) vitest.projects.forEach(keepBundledSuites);
      attach(session, vitest);
    },
    open: () => session.open(),
    finish: () => session.finish(),
  });
  const { include = ['suites/**/*.test.ts'], suites } = options;
  const files = await suiteFiles({ include, exclude, suites, root });
  return {
    test: {
      watch: false,
      // Another reporter would have the last word; `attach` brings ours back where --reporter replaced it.
      reporters: [session.reporter],
      globalSetup: [moduleFile('./global-setup', import.meta.url)],
      attachmentsDir: resolve(results, 'attachments'),
      sequence: { sequencer: CellSequencer },
      projects: cellProjects({ cells: matrix.cells, files, socket }),
    },
  };
}

async function load({ load: loadMatrix = loadDefaultMatrix }: CompatOptions, root: string): Promise<LoadedMatrix> {
  refuseNumbers(process.argv);
  return await loadMatrix({ cwd: root, env: process.env });
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
