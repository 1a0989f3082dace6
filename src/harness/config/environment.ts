import { resolve } from 'node:path';
import { z } from 'zod';
import { parseDatabaseServer, givenNamespaces, pushGateway } from './outside.ts';
import { PROVIDER_NAMES, WORKLOAD_KINDS, type ProviderName, type WorkloadKind } from './cell.ts';
import type { Settings } from './matrix.ts';
import { nearest } from '../support/nearest.ts';
import { onlyKubeconfig } from './schema.ts';
import { problemsOf } from './problems.ts';
import type { Problem } from './problems.ts';
import { VARIABLE_NAMES, VARIABLES, variable, variableOr, type Environment, type VariableName } from './variables.ts';

/** The environment's choices, which override the file. */
export interface Overrides {
  readonly provider?: ProviderName;
  readonly workloadKind?: WorkloadKind;
  readonly seed?: number;
  readonly lifecycle?: boolean;
  /** Turns off the replay of failed operations. */
  readonly noShrink?: true;
  readonly settings: Settings;
}

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));

/** The variables that override the file, or decide how its cells run. */
const variables = z.object({
  COMPAT_PROVIDER: z.enum(PROVIDER_NAMES).optional(),
  COMPAT_CLUSTER: onlyKubeconfig.optional(),
  COMPAT_WORKLOAD: z.enum(WORKLOAD_KINDS).optional(),
  COMPAT_SEED: wholeNumber(0, 2_147_483_647).optional(),
  COMPAT_LIFECYCLE: z.enum(['0', '1']).optional(),
  COMPAT_SHRINK: z.enum(['0']).optional(),
  COMPAT_PARALLEL: wholeNumber(1, 32).default(1),
  COMPAT_KEEP: z.enum(['never', 'failed', 'always']).default('never'),
} satisfies Partial<Record<VariableName, z.ZodType>>);

const KEEPS_BUILDS_ONLY = 'the environment variable COMPAT_KEEP keeps folders of builds only; networks are removed';

/** Parses the COMPAT_* variables; an empty one counts as not set. */
export function readEnvironment(all: Environment): { overrides?: Overrides; problems: Problem[]; warnings: string[] } {
  const env = Object.fromEntries(
    Object.entries(all).filter(([name, value]) => name.startsWith('COMPAT_') && value !== ''),
  );
  const warnings = variablesWithoutEffect(env);
  const parsed = variables.safeParse(env, { reportInput: true });
  const problems = [...(parsed.error ? problemsOf(parsed.error.issues, {}) : []), ...shapeProblems(env)];
  if (!parsed.success || problems.length > 0) return { problems, warnings };
  const { COMPAT_PROVIDER: provider, COMPAT_WORKLOAD: workloadKind } = parsed.data;
  const { COMPAT_SEED: seed, COMPAT_PARALLEL: parallel, COMPAT_KEEP: keep } = parsed.data;
  const { COMPAT_LIFECYCLE: lifecycle, COMPAT_SHRINK: shrink } = parsed.data;
  return {
    overrides: {
      ...(provider === undefined ? {} : { provider }),
      ...(workloadKind === undefined ? {} : { workloadKind }),
      ...(seed === undefined ? {} : { seed }),
      ...(lifecycle === undefined ? {} : { lifecycle: lifecycle === '1' }),
      ...(shrink === undefined ? {} : { noShrink: true }),
      settings: { parallel, keep },
    },
    problems: [],
    warnings: keep === 'never' ? warnings : [...warnings, KEEPS_BUILDS_ONLY],
  };
}

/** Variables with a shape of their own. Messages do not show the value: an address may hold a password. */
function shapeProblems(env: Environment): Problem[] {
  const server = variable(env, 'COMPAT_POSTGRES');
  return [
    ...shapeProblem('COMPAT_POSTGRES', () => server === undefined || parseDatabaseServer(server)),
    ...shapeProblem('COMPAT_NAMESPACES', () => givenNamespaces(env)),
    ...shapeProblem('COMPAT_PUSH_GATEWAY', () => pushGateway(env)),
  ];
}

function shapeProblem(name: VariableName, parse: () => unknown): Problem[] {
  try {
    parse();
    return [];
  } catch (error) {
    return [{ path: [name], text: (error as Error).message }];
  }
}

/** Absolute path of the matrix file: COMPAT_MATRIX, or matrix.json in the current folder. */
export function matrixFile({ env, cwd }: { env: Environment; cwd: string }): string {
  return resolve(cwd, variableOr(env, 'COMPAT_MATRIX'));
}

/** A mistyped variable would be ignored silently. It may also belong to another program, so this is only a warning. */
function variablesWithoutEffect(env: Environment): string[] {
  return Object.keys(env)
    .sort()
    .flatMap((name) => {
      if (Object.hasOwn(VARIABLES, name)) return [];
      const near = nearest(name, VARIABLE_NAMES);
      const hint = near ? `; did you mean ${near}?` : '';
      return [`the environment variable ${name} is unknown and has no effect${hint}`];
    });
}
