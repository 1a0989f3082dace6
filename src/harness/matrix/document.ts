import { findNodeAtLocation, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Problem, ProblemPath } from './problems.ts';

/** A JSON text with the places of its values, so that a problem can name its line. */
export interface JsonDocument {
  readonly value: unknown;
  /** Line (from 1) of the value at a path; of the nearest enclosing value where the path does not exist. */
  lineOf(path: ProblemPath): number | undefined;
}

/** Parses strict JSON; syntax errors and keys given twice come back as problems with line and column. */
export function parseDocument(text: string): { document?: JsonDocument; problems: Problem[] } {
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
    // The key stands before its value; its line is the one a person looks for.
    if (node) return node.parent?.type === 'property' ? node.parent.offset : node.offset;
  }
  return undefined;
}

function place(json: string, offset: number): { line: number; column: number } {
  const before = json.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
