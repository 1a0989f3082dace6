import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { execa } from 'execa';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { crossCheck } from '../../src/harness/config/cross-checks.ts';
import { VARIABLE_NAMES, VARIABLES } from '../../src/harness/config/variables.ts';
import { matrixJsonSchema, matrixSchema } from '../../src/harness/config/schema.ts';

/** The documents say what is so: what they name is compared with the program. */

const ROOT = resolve(import.meta.dirname, '../..');
const FILES = await documents();
const TEXTS = new Map(await Promise.all(FILES.map(async (file) => [file, await readFile(file, 'utf8')] as const)));
const ALL = [...TEXTS.values()].join('\n');
const BIN = join(ROOT, 'bin/corda-compat.js');

async function documents(): Promise<string[]> {
  const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', ...docs.map((name) => `docs/${name}`)];
  return files.map((file) => join(ROOT, file)).filter((file) => existsSync(file));
}

function text(name: string): string {
  return TEXTS.get(join(ROOT, name)) ?? '';
}

/** Blocks that begin with ```` ```json matrix ````, each with a name for its test. */
function blocks(info: string): { readonly name: string; readonly code: string }[] {
  const fence = new RegExp(`^\`\`\`${info}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...TEXTS].flatMap(([file, content]) =>
    [...content.matchAll(fence)].map(([, code = ''], index) => ({
      name: `${relative(ROOT, file)}, no. ${index + 1}`,
      code,
    })),
  );
}

function withoutCode(content: string): string {
  return content.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
}

describe('links', () => {
  const links = [...TEXTS].flatMap(([file, content]) =>
    [...withoutCode(content).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      from: relative(ROOT, file),
      target,
    })),
  );
  const inside = links.filter(({ target }) => !/^https?:/.test(target));

  test.for(inside.map(({ from, target }) => [from, target] as const))('%s -> %s', async ([from, target]) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(ROOT, from) : resolve(ROOT, dirname(from), path);
    expect(existsSync(file), `${file} exists`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(await readFile(file, 'utf8'))).toContain(anchor);
  });

  test('the README leads to every document', () => {
    const fromReadme = inside.filter(({ from }) => from === 'README.md').map(({ target }) => target.split('#')[0]);
    const docs = FILES.map((file) => relative(ROOT, file)).filter((file) => file.startsWith('docs'));
    expect(docs.length).toBeGreaterThan(5);
    expect(fromReadme).toEqual(expect.arrayContaining(docs));
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(content: string): string[] {
  return [...content.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('files of the project that are named exist', () => {
  const paths = [...ALL.matchAll(/`((?:src|test|bin|bench|docs|\.ci)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe('a block marked as matrix', () => {
  test.for(blocks('json matrix').map(({ name, code }) => [name, code] as const))('loads: %s', ([, code]) => {
    const value: unknown = JSON.parse(code);
    expect(matrixSchema.safeParse(value).error?.issues ?? []).toEqual([]);
    expect(crossCheck(value).problems).toEqual([]);
  });

  test("the README's first one is matrix.json", async () => {
    const first = blocks('json matrix').find(({ name }) => name.startsWith('README.md'));
    const own: unknown = JSON.parse(await readFile(join(ROOT, 'matrix.json'), 'utf8'));
    expect(JSON.parse(first?.code ?? '{}')).toEqual(own);
  });
});

test.for(blocks('ts suite').map(({ name, code }) => [name, code] as const))('a suite compiles: %s', ([, code]) => {
  expect(compileErrors(join(ROOT, 'suites/example-of-the-docs.test.ts'), code)).toEqual([]);
});

/** Type errors of a file that exists in memory only, with the project's own options. */
function compileErrors(file: string, code: string): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(join(ROOT, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(words(diagnostic));
    },
  });
  const options = config?.options ?? {};
  const host = ts.createCompilerHost(options);
  host.readFile = (name) => (name === file ? code : ts.sys.readFile(name));
  host.fileExists = (name) => name === file || ts.sys.fileExists(name);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(words);
}

function words({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n');
}

describe('commands', () => {
  test('every corda-compat command and option that is named exists', async () => {
    const named = [...ALL.matchAll(/npx corda-compat ([a-z]+)((?: --?[a-z-]+)*)/g)];
    const commands = [...(await help()).matchAll(/^ {2}([a-z]+)(?: [[<][a-z.]+[\]>])* {2}/gm)].map(([, name]) => name);
    const helps = new Map(
      await Promise.all(
        [...new Set(named.map(([, name = '']) => name))].map(async (name) => [name, await help(name)] as const),
      ),
    );
    expect(named.length).toBeGreaterThan(4);
    for (const [line, command = '', options = ''] of named) {
      expect(commands, line).toContain(command);
      for (const option of options.split(' ').filter(Boolean)) expect(helps.get(command), line).toContain(option);
    }
  });

  async function help(...command: readonly string[]): Promise<string> {
    return (await execa('node', [BIN, ...command, '--help'], { reject: false })).stdout;
  }

  test('every npm script that is named exists', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...ALL.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(1);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['test', ...named]));
  });
});

describe('environment variables', () => {
  const NAMES = /COMPAT_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_])/g;

  test('that are named are known, to the harness or to the programs of its images', async () => {
    const sources = join(ROOT, 'src/jvm');
    const files = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith('.java'));
    const programs = await Promise.all(files.map((name) => readFile(join(sources, name), 'utf8')));
    const theirs = [...programs.join('\n').matchAll(NAMES)].map(([name]) => name);
    const named = new Set([...ALL.matchAll(NAMES)].map(([name]) => name));
    expect([...named].filter((name) => !Object.hasOwn(VARIABLES, name) && !theirs.includes(name))).toEqual([]);
  });

  test.for(VARIABLE_NAMES)('%s has a row in docs/matrix.md, with its default', (name) => {
    const row = text('docs/matrix.md').match(new RegExp(`^\\| \`${name}\` +\\| (\\S.*)$`, 'm'))?.[1];
    const declared = VARIABLES[name];
    expect(row).toContain('byDefault' in declared ? declared.byDefault : '');
  });
});

describe('fields of the matrix', () => {
  test.for(fieldRows(matrixJsonSchema(), '').map((row) => [row] as const))('docs/matrix.md has the row %s', ([row]) => {
    expect(text('docs/matrix.md').replaceAll(/ +/g, ' ').split('\n')).toContain(row);
  });
});

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode | readonly SchemaNode[];
  readonly description?: string;
  readonly default?: unknown;
}

/** A table row for every field: path, default and description, as the schema has them. */
function fieldRows({ properties = {} }: SchemaNode, above: string): string[] {
  return Object.entries(properties).flatMap(([key, field]) => {
    const path = above === '' ? key : `${above}.${key}`;
    const isPlain = field.default !== undefined && JSON.stringify(field.default) !== '{}';
    const cells = [`\`${path}\``, isPlain ? `\`${JSON.stringify(field.default)}\`` : '', field.description];
    const row = `| ${cells.join(' | ')} |`.replaceAll(/ +/g, ' ');
    return [row, ...rowsBelow(field, path)];
  });
}

function rowsBelow(field: SchemaNode, path: string): string[] {
  if (typeof field.additionalProperties === 'object') return fieldRows(field.additionalProperties, `${path}.<id>`);
  if (field.items !== undefined && 'properties' in field.items) return fieldRows(field.items, `${path}[]`);
  return fieldRows(field, path);
}

test('the outcomes of the README are those of the terminology', () => {
  const outcomes = (name: string): string[] =>
    [...text(name).matchAll(/^\| `([a-z-]+)` +\|.*\| (?:yes|no) +\|$/gm)].map(([, outcome = '']) => outcome);
  expect(outcomes('README.md')).toEqual(outcomes('docs/terminology.md'));
  expect(outcomes('README.md')).toHaveLength(9);
});
