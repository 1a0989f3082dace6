import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { ProviderName } from './cell.ts';
import { crossCheck, type NamedJar } from './cross-checks.ts';
import { matrixFile, readEnvironment } from './environment.ts';
import type { Matrix } from './matrix.ts';
import { MatrixError, problemsOf, type Problem, type ProblemPath } from './problems.ts';
import { expandRefs } from './ref-files.ts';
import { matrixJsonSchema, matrixSchema, type MatrixFile } from './schema.ts';
import { toMatrix } from './to-matrix.ts';
import { variable, VARIABLES, type Environment } from './variables.ts';

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Environment;
  /** Decides whether a declaration in `known` has expired. */
  readonly now?: Date;
}

/**
 * Reads matrix.json (or COMPAT_MATRIX) and the COMPAT_* variables.
 * @throws MatrixError whose message names everything that is wrong, file and environment together
 */
export async function loadMatrix(options: LoadOptions): Promise<Matrix> {
  const file = matrixFile(options);
  const environment = readEnvironment(options.env);
  const { document, problems } = parseDocument(await read(file, options.env));
  const checked = document ? await check(document, file) : { problems: [], parsed: undefined };
  const { parsed } = checked;
  const ofDatabase = missingServer(parsed, {
    env: options.env,
    provider: environment.overrides?.provider ?? parsed?.provider,
  }).map((problem) => (document ? withLine(problem, document) : problem));
  const all = [...byLine([...problems, ...checked.problems, ...ofDatabase]), ...environment.problems];
  const { overrides } = environment;
  if (!parsed || !overrides || all.length > 0) throw new MatrixError(basename(file), all);
  const today = (options.now ?? new Date()).toISOString().slice(0, 10);
  const matrix = toMatrix(parsed, { file, overrides, today });
  return { ...matrix, warnings: [...environment.warnings, ...matrix.warnings] };
}

async function read(file: string, env: Environment): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const missing = variable(env, 'COMPAT_MATRIX')
      ? `there is no ${file}, which COMPAT_MATRIX names`
      : `there is no ${file}; run in the folder that has a matrix.json, or name one with COMPAT_MATRIX`;
    const text = why === 'ENOENT' ? missing : `${file} cannot be read: ${why}`;
    throw new MatrixError(basename(file), [{ path: [], text }]);
  }
}

async function check(document: JsonDocument, file: string): Promise<{ problems: Problem[]; parsed?: MatrixFile }> {
  const expanded = await expandRefs(document.value, dirname(file));
  const result = matrixSchema.safeParse(expanded.value, { reportInput: true });
  const cross = crossCheck(expanded.value);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error.issues, matrixJsonSchema())),
    ...expanded.problems,
    ...cross.problems,
    ...(await missingJars(cross.jars, dirname(file))),
  ];
  const placed = problems.map((problem) => withLine(problem, document));
  return result.success ? { problems: placed, parsed: result.data } : { problems: placed };
}

/** The file names the kind of database, and the environment names the server: its password must not be in a file. */
function missingServer(
  parsed: MatrixFile | undefined,
  { env, provider }: { env: Environment; provider: ProviderName | undefined },
): Problem[] {
  // Elsewhere each cell can have a server of its own.
  if (parsed?.topology.database !== 'postgresql' || variable(env, 'COMPAT_POSTGRES') || provider !== 'local') return [];
  const shape = `COMPAT_POSTGRES=${VARIABLES.COMPAT_POSTGRES.shape}`;
  return [{ path: ['topology', 'database'], text: `found "postgresql"; the server is missing: set ${shape}` }];
}

function byLine(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function withLine(problem: Problem, document: JsonDocument): Problem {
  const line = document.lineOf(problem.path);
  return line === undefined ? problem : { ...problem, line };
}

async function missingJars(jars: readonly NamedJar[], folder: string): Promise<Problem[]> {
  const problems = jars.map(async ({ path, jar }): Promise<Problem[]> => {
    const file = resolve(folder, jar);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return [];
    return [{ path, text: `found ${JSON.stringify(jar)}; ${found ? 'not a file' : 'no such file'}: ${file}` }];
  });
  return (await Promise.all(problems)).flat();
}

/** A JSON text with the places of its values, so that a problem can name its line. */
interface JsonDocument {
  readonly value: unknown;
  /** Line (from 1) of the value at a path; of the nearest enclosing value where the path does not exist. */
  lineOf(path: ProblemPath): number | undefined;
}

/** Parses strict JSON; syntax errors and keys given twice come back as problems with line and column. */
function parseDocument(text: string): { document?: JsonDocument; problems: Problem[] } {
  const json = text.replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const root = parseTree(json, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first || !root) return { problems: [syntaxProblem(json, first)] };
  const document: JsonDocument = {
    value: JSON.parse(json),
    lineOf: (path) => {
      const offset = offsetOf(root, path);
      return offset === undefined ? undefined : place(json, offset).line;
    },
  };
  return { document, problems: repeatedKeys(json, root, []) };
}

function syntaxProblem(json: string, error: ParseError | undefined): Problem {
  const { line, column } = place(json, error?.offset ?? json.length);
  const found = json.slice(error?.offset ?? json.length).slice(0, 1);
  const what = error ? words(printParseErrorCode(error.error)) : 'value expected';
  const where = found.trim() === '' ? '' : `, found ${JSON.stringify(found)}`;
  return { path: [], line, text: `is not JSON at line ${line}, column ${column}: ${what}${where}` };
}

/** `PropertyNameExpected` -> `property name expected`. */
function words(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

/** JSON keeps the last of two equal keys silently: a copied release would vanish. */
function repeatedKeys(json: string, node: Node, path: ProblemPath): Problem[] {
  const seen = new Map<string, number>();
  return (node.children ?? []).flatMap((child, index) => {
    if (node.type !== 'object') return repeatedKeys(json, child, [...path, index]);
    const [key, value] = child.children ?? [];
    const name = String(key?.value);
    const line = place(json, child.offset).line;
    const earlier = seen.get(name);
    seen.set(name, line);
    const below = value ? repeatedKeys(json, value, [...path, name]) : [];
    if (earlier === undefined) return below;
    return [
      { path: [...path, name], line, text: `is given twice (first on line ${earlier}); rename or remove one` },
      ...below,
    ];
  });
}

function offsetOf(root: Node, path: ProblemPath): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    // The key stands before its value; users look for the key's line.
    if (node) return node.parent?.type === 'property' ? node.parent.offset : node.offset;
  }
  return undefined;
}

function place(json: string, offset: number): { line: number; column: number } {
  const before = json.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
