import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseCLI, version } from 'vitest/node';
import type { Vitest } from 'vitest/node';
import type { ViteUserConfig } from 'vitest/config';
import type { Cell } from '../config/cell.ts';
import { SUITE_FILES } from '../plan/suites.ts';
import { select } from '../config/expand.ts';
import { leaseSocketPath } from '../hub/lease-server.ts';
import { moduleFile } from '../support/own-files.ts';
import './compat-context.ts';
import { defaultProvisioner, loadDefaultMatrix } from './defaults.ts';
import type { CompatOptions } from './compat-options.ts';
import { refuseNumbers } from './filters.ts';
import { setHarness } from './harness-slot.ts';
import { namesForFilter, needsShareServer, shareServer } from './one-server.ts';
import type { CellOptions } from './projects.ts';
import { cellOptions, inlineProject, sharedOptions } from './projects.ts';
import { reportFailedStart, requireFolders } from './results-folder.ts';
import { CellSequencer } from './sequencer.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { foldersOf, type LoadedMatrix } from './session-options.ts';
import { takeOverSignals, stopRun } from './signals.ts';
import { keepBundledSuites, suiteFiles } from './suite-files.ts';
import { variableOr } from '../config/variables.ts';

/**
 * Loads the matrix and makes the run's session; returns what vitest must be told.
 * @param config what vitest.config.ts says
 * @throws Error with everything that is wrong with the matrix, the options, or a filter that vitest misreads
 */
export async function prepare(options: CompatOptions, config: ViteUserConfig): Promise<ViteUserConfig> {
  const root = resolve(config.test?.root ?? config.root ?? process.cwd());
  const results = resolve(root, options.results ?? variableOr(process.env, 'COMPAT_RESULTS'));
  const matrix = await readable(load(options, { root, results }), results);
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
  const { include = [SUITE_FILES], suites } = options;
  const files = await suiteFiles({ include, exclude: config.test?.exclude, suites, root });
  const optionsOf = (cell: Cell): CellOptions => cellOptions(cell, { files, socket });
  const isOneServer = needsShareServer(version) && config.test?.projects === undefined;
  const ownInclude = config.test?.include ?? [];
  setHarness({
    attach: (vitest) => {
      if (isOneServer) shareServer(vitest, { cells: matrix.cells, ownInclude, optionsOf });
      if (suites !== undefined) vitest.projects.forEach(keepBundledSuites);
      attach(session, vitest);
    },
    open: () => session.open(),
    finish: () => session.finish(),
  });
  const shared = sharedOptions(matrix.cells);
  return {
    test: {
      ...shared,
      watch: false,
      // Another reporter would have the last word; `attach` brings ours back where --reporter replaced it.
      reporters: [session.reporter],
      globalSetup: [moduleFile('./global-setup', import.meta.url)],
      attachmentsDir: resolve(results, 'attachments'),
      sequence: { ...shared.sequence, sequencer: CellSequencer },
      ...(isOneServer
        ? { browser: { instances: namesForFilter(matrix.cells) } }
        : {
            projects: select(matrix.cells, projectPatterns(process.argv)).map((cell) =>
              inlineProject(optionsOf(cell), needsShareServer(version) ? shared : {}),
            ),
          }),
    },
  };
}

async function load(
  { load: loadMatrix = loadDefaultMatrix }: CompatOptions,
  { root, results }: { readonly root: string; readonly results: string },
): Promise<LoadedMatrix> {
  refuseNumbers(process.argv);
  await requireFolders(results, process.env);
  return await loadMatrix({ cwd: root, env: process.env });
}

/**
 * The values of `--project`, if this process is vitest's command. Vitest chooses by it only after it has resolved all projects with all
 * their options: with a hundred releases that takes 15 seconds.
 */
function projectPatterns([, program = '', ...args]: readonly string[]): readonly string[] {
  if (!/^vitest([.]mjs)?$/.test(basename(program))) return [];
  const { project = [] } = parseCLI(['vitest', ...args], { allowUnknownOptions: true }).options;
  return [project].flat().map(String);
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

/** Vitest prints an error of the configuration with stack and properties, which do not help a user who mistyped a release. */
async function readable<T>(loading: Promise<T>, results: string): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    reportFailedStart(results, error.message);
    const plain = new Error(error.message);
    plain.stack = error.message;
    throw plain;
  }
}
