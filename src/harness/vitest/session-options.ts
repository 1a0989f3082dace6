import type { TestModule, Vitest } from 'vitest/node';
import { dirname } from 'node:path';
import type { Cell } from '../config/cell.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlannedRun } from '../plan/steps.ts';
import type { RunReport } from '../judge/run-report.ts';
import type { CreateProvisioner, RunContext } from '../provision/provisioner.ts';
import type { Progress } from '../support/progress.ts';
import type { Environment } from '../config/variables.ts';

export interface SkippedCell {
  readonly cell: Cell;
  readonly reason: string;
}

/** The cells of a matrix, and their plan. */
export interface LoadedMatrix {
  readonly cells: readonly Cell[];
  /** Cells that are left out on purpose, and why. */
  readonly skipped?: readonly SkippedCell[];
  /** Cells at once. */
  readonly parallel: number;
  /** The plan of these cells, of the steps that the provisioner carries out. */
  readonly plan: (cells: readonly Cell[], run: PlannedRun) => Plan;
}

export interface SessionOptions {
  readonly matrix: LoadedMatrix;
  readonly createProvisioner: CreateProvisioner;
  /** Absolute. */
  readonly root: string;
  /** Folder of the reports, absolute. */
  readonly results: string;
  /** Path of the hub's socket. */
  readonly socket: string;
  readonly env: Environment;
  /** Writes to the terminal. Synchronous: it is called while the process leaves. */
  readonly write: (text: string) => void;
}

export function runContext(
  options: SessionOptions,
  run: { id: string; vitest: Vitest; progress: Progress },
): RunContext {
  const { results, root, env, socket } = options;
  const { id: runId, vitest, progress } = run;
  return { runId, results, root, env, progress, scratch: [dirname(socket), ...foldersOf(vitest)] };
}

/** Vitest removes its own temporary folders when it closes, which it never does when it is killed. */
export function foldersOf(vitest: Vitest): readonly string[] {
  return [...new Set([vitest.getRootProject(), ...vitest.projects].map(({ tmpDir }) => tmpDir))];
}

/** Exit code of the process: vitest's own, which misses failures without a test. */
export function exitCode(report: RunReport, code: typeof process.exitCode): number {
  return Number(code ?? 0) || (report.ok ? 0 : 1);
}

/** Whether vitest calls a run failed only for tests of cells that the matrix declares incompatible. */
export function isDeclaredOnly(
  modules: readonly Pick<TestModule, 'ok' | 'project'>[],
  cells: readonly Pick<Cell, 'name' | 'known'>[],
): boolean {
  const declared = new Set(cells.filter(({ known }) => known).map(({ name }) => name));
  const failed = modules.filter((module) => !module.ok());
  return failed.length > 0 && failed.every(({ project }) => declared.has(project.name));
}
