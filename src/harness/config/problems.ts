import type { z } from 'zod';
import { nearest } from '../support/nearest.ts';

export type ProblemPath = readonly (string | number)[];

/** One thing wrong with matrix.json or with an environment variable. */
export interface Problem {
  /** Below the file's root, or the variable's name alone. */
  readonly path: ProblemPath;
  readonly line?: number;
  /** The value found, and the valid ones. */
  readonly text: string;
}

/** All problems of the matrix at once. The message is complete and for people. */
export class MatrixError extends Error {
  readonly problems: readonly Problem[];

  constructor(title: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${title}: ${count}`, ...problems.map((problem) => `  ${problemText(problem)}`)].join('\n'));
    this.name = 'MatrixError';
    this.problems = problems;
  }
}

/** `line 4, releases["4.8"].maven: found 4.8; must be text` */
export function problemText({ path, line, text }: Problem): string {
  if (path.length === 0) return text;
  return `${line === undefined ? '' : `line ${line}, `}${pathText(path)}: ${text}`;
}

/** `found "x"; no such release; did you mean "y"? Releases: …` */
export function notAmong(found: string, what: string, valid: readonly string[]): string {
  return `found ${JSON.stringify(found)}; ${what}${suggestion(found, valid)} Valid: ${valid.join(', ')}`;
}

/** zod's issues as problems; `schema` is the same schema as JSON Schema, for valid keys and descriptions. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], schema: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], schema));
}

function problemsOfIssue(issue: z.core.$ZodIssue, above: ProblemPath, schema: unknown): Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys') {
    const valid = keysAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], text: unknownKey(key, valid) }));
  }
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => ({ path, text: inner.message }));
  if (issue.code === 'invalid_union') {
    const inside = issue.errors.find((branch) => branch.length > 0 && !branch.some(isAboutWhole));
    if (inside) return inside.flatMap((inner) => problemsOfIssue(inner, path, schema));
    return [{ path, text: foundAnd(issue.input, unionChoices(issue)) }];
  }
  return [{ path, text: foundAnd(issue.input, expectation(issue)) }];
}

/** A branch of a union that fails as a whole was not meant; one that fails further inside was. */
function isAboutWhole(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && issue.code !== 'too_small';
}

function unionChoices(issue: z.core.$ZodIssueInvalidUnion): string {
  if (issue.message !== 'Invalid input') return issue.message;
  const values = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
  return `valid: ${values.map((value) => JSON.stringify(value)).join(', ')}${pairsRest(issue)}${didYouMean(issue.input, values)}`;
}

/** The forms of `pairs` that are no fixed words. */
function pairsRest(issue: z.core.$ZodIssueInvalidUnion): string {
  return issue.path[0] === 'pairs' ? ', "against:<release id>" or a list of ["left", "right"]' : '';
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input')
        ? `must be ${TYPES[issue.expected] ?? issue.expected}`
        : issue.message;
    case 'invalid_value': {
      if (!issue.message.startsWith('Invalid ')) return issue.message;
      const valid = issue.values.map(String);
      const shown = issue.values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
      return `valid: ${shown.join(', ')}${didYouMean(issue.input, valid)}`;
    }
    case 'too_small':
      return (
        ownWords(issue) ??
        `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${sized(issue.minimum, issue.origin)}`
      );
    case 'too_big':
      return ownWords(issue) ?? `must be at most ${sized(issue.maximum, issue.origin)}`;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'custom':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'unrecognized_keys':
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list [ … ]',
  tuple: 'a list [ … ]',
  object: 'an object { … }',
  record: 'an object { … }',
};

function ownWords(issue: z.core.$ZodIssue): string | undefined {
  return /^Too (small|big)/.test(issue.message) ? undefined : issue.message;
}

function sized(limit: number | bigint, origin: string): string {
  if (origin === 'string') return limit === 1 ? 'one letter long' : `${limit} letters long`;
  return origin === 'array' ? `${limit} entries` : String(limit);
}

function foundAnd(input: unknown, expected: string): string {
  return input === undefined ? `is missing; ${expected}` : `found ${shortJson(input)}; ${expected}`;
}

function shortJson(value: unknown): string {
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 80 ? `${json.slice(0, 77)}…` : json;
}

function unknownKey(key: string, valid: readonly string[]): string {
  return `unknown key${suggestion(key, valid)} Valid: ${valid.join(', ')}`;
}

function suggestion(found: string, valid: readonly string[]): string {
  const near = nearest(found, valid);
  return near === undefined ? '.' : `; did you mean ${JSON.stringify(near)}?`;
}

function didYouMean(input: unknown, valid: readonly string[]): string {
  const near = typeof input === 'string' ? nearest(input, valid) : undefined;
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
}

function pathText(path: ProblemPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (/^[A-Za-z_$][\w$]*$/.test(part)) return text === '' ? part : `${text}.${part}`;
    return `${text}[${JSON.stringify(part)}]`;
  }, '');
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
}

/** Keys that an object of the schema may have. */
function keysAt(schema: unknown, path: ProblemPath): string[] {
  let node = schema as SchemaNode | undefined;
  for (const part of path) {
    const other = typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;
    node = typeof part === 'number' ? node?.items : (node?.properties?.[part] ?? other);
  }
  return Object.keys(node?.properties ?? {})
    .filter((key) => !key.startsWith('$'))
    .sort();
}
