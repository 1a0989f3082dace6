import { resolve } from 'node:path';
import { z } from 'zod';
import { DATABASE_VARIABLE, parseDatabaseServer } from '../domain/database-server.ts';
import { PROVIDER_NAMES, WORKLOAD_KINDS, type ProviderName, type WorkloadKind } from '../domain/cell.ts';
import { givenNamespaces, GIVEN_VARIABLE, PREFIX_VARIABLE } from '../domain/given-namespaces.ts';
import { GATEWAY_VARIABLE, pushGateway } from '../domain/push-gateway.ts';
import type { Settings } from './matrix.ts';
import { nearest } from './nearest.ts';
import { onlyKubeconfig } from './schema.ts';
import { problemsOf } from './problems.ts';
import type { Problem } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says over the file. */
export interface Overrides {
  readonly provider?: ProviderName;
  readonly workloadKind?: WorkloadKind;
  readonly seed?: number;
  readonly lifecycle?: boolean;
  /** Operations that failed are not carried out again. */
  readonly noShrink?: true;
  readonly settings: Settings;
}

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));

const variables = z.object({
  COMPAT_PROVIDER: z.enum(PROVIDER_NAMES).optional(),
  COMPAT_CLUSTER: onlyKubeconfig.optional(),
  COMPAT_WORKLOAD: z.enum(WORKLOAD_KINDS).optional(),
  COMPAT_SEED: wholeNumber(0, 2_147_483_647).optional(),
  COMPAT_LIFECYCLE: z.enum(['0', '1']).optional(),
  COMPAT_SHRINK: z.enum(['0']).optional(),
  COMPAT_PARALLEL: wholeNumber(1, 32).default(1),
  COMPAT_KEEP: z.enum(['never', 'failed', 'always']).default('never'),
});

/** Read elsewhere; listed so that a mistyped name can be told from them. */
const READ_ELSEWHERE = [
  'COMPAT_MATRIX',
  'COMPAT_CACHE',
  'COMPAT_RESULTS',
  'COMPAT_JAVA_8_HOME',
  'COMPAT_JAVA_17_HOME',
  'COMPAT_MAVEN_REPOSITORY',
  'COMPAT_PORTS',
  DATABASE_VARIABLE,
  'COMPAT_POSTGRES_IMAGE',
  'COMPAT_ADOPTIUM_API',
  'COMPAT_DEBIAN_MIRROR',
  'COMPAT_REGISTRY',
  'COMPAT_REGISTRY_USER',
  'COMPAT_REGISTRY_PASSWORD',
  'COMPAT_BASE_IMAGE',
  'COMPAT_CONTEXT',
  PREFIX_VARIABLE,
  GIVEN_VARIABLE,
  'COMPAT_STORAGE_CLASS',
  'COMPAT_ATTACH',
  GATEWAY_VARIABLE,
];

const KEEPS_BUILDS_ONLY = 'the environment variable COMPAT_KEEP keeps folders of builds only; networks are removed';

/** All variables of ours, sorted. */
export const VARIABLES: readonly string[] = [...Object.keys(variables.shape), ...READ_ELSEWHERE].sort();

/** Parses the COMPAT_* variables; an empty one counts as not set. */
export function readEnvironment(all: Environment): {
  overrides?: Overrides;
  problems: Problem[];
  warnings: string[];
} {
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

/** Variables with a shape of their own. What was found is not shown: an address has a password. */
function shapeProblems(env: Environment): Problem[] {
  const server = env[DATABASE_VARIABLE];
  return [
    ...shapeProblem(DATABASE_VARIABLE, () => server === undefined || parseDatabaseServer(server)),
    ...shapeProblem(GIVEN_VARIABLE, () => givenNamespaces(env)),
    ...shapeProblem(GATEWAY_VARIABLE, () => pushGateway(env)),
  ];
}

function shapeProblem(name: string, parse: () => unknown): Problem[] {
  try {
    parse();
    return [];
  } catch (error) {
    return [{ path: [name], text: (error as Error).message }];
  }
}

/** Absolute path of the matrix file: COMPAT_MATRIX, or matrix.json in the current folder. */
export function matrixFile({ env, cwd }: { env: Environment; cwd: string }): string {
  return resolve(cwd, env['COMPAT_MATRIX'] || 'matrix.json');
}

/** A variable that does nothing would be ignored silently; it may also be somebody else's, so it is only a warning. */
function variablesWithoutEffect(env: Environment): string[] {
  return Object.keys(env)
    .sort()
    .flatMap((name) => {
      if (VARIABLES.includes(name)) return [];
      const near = nearest(name, VARIABLES);
      const hint = near ? `; did you mean ${near}?` : '';
      return [`the environment variable ${name} is not one of ours and has no effect${hint}`];
    });
}
