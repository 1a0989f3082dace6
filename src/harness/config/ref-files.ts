import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { isFullSha, shortSha } from './release.ts';
import type { Problem } from './problems.ts';
import { gitRef, releaseId } from './schema.ts';

const LONGEST_ID = 40;

/** Enough of the file to find the releases that stand for a file of refs. */
const withRefs = z.looseObject({ releases: z.record(z.string(), z.unknown()) });
const entryWithRefs = z.looseObject({ refs: z.string().min(1) });

/**
 * The matrix with a git release for every line of the files that `refs` name, and the problems of those lines. Any
 * other value is returned unchanged.
 */
export async function expandRefs(value: unknown, folder: string): Promise<{ value: unknown; problems: Problem[] }> {
  const file = withRefs.safeParse(value);
  if (!file.success) return { value, problems: [] };
  const problems: Problem[] = [];
  const releases: Record<string, unknown> = {};
  const own = new Set(Object.keys(file.data.releases).map((id) => id.toLowerCase()));
  for (const [id, entry] of Object.entries(file.data.releases)) {
    const named = entryWithRefs.safeParse(entry);
    if (!named.success || 'ref' in named.data) {
      releases[id] = entry;
      continue;
    }
    own.delete(id.toLowerCase());
    const path = ['releases', id, 'refs'];
    const read = await readRefs(resolve(folder, named.data.refs));
    if ('problem' in read) {
      problems.push({ path, text: `found ${JSON.stringify(named.data.refs)}; ${read.problem}` });
      releases[id] = entry;
      continue;
    }
    const rest = Object.fromEntries(Object.entries(named.data).filter(([key]) => key !== 'refs'));
    for (const { ref, line } of read.lines) {
      const derived = idOf(ref);
      const wrong = wrongWith(ref, derived) ?? clash(derived, own, releases);
      if (wrong === undefined) releases[derived] = { ...rest, ref };
      else problems.push({ path, text: `${named.data.refs} line ${line}, ${JSON.stringify(ref)}: ${wrong}` });
    }
  }
  return { value: { ...file.data, releases }, problems };
}

/** `release-os-4.12` for `release/os/4.12`; ten digits of a full SHA. */
export function idOf(ref: string): string {
  const plain = isFullSha(ref) ? shortSha(ref) : ref.replace(/^refs\/(heads|tags)\//, '').replace(/\^.*$/, '');
  const safe = plain.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return safe.slice(0, LONGEST_ID).replace(/[^A-Za-z0-9]+$/, '');
}

function wrongWith(ref: string, id: string): string | undefined {
  const issue = gitRef.safeParse(ref).error?.issues[0] ?? releaseId.safeParse(id).error?.issues[0];
  return issue?.message;
}

function clash(id: string, own: ReadonlySet<string>, releases: Readonly<Record<string, unknown>>): string | undefined {
  const advice = 'name it as a release with "git" and "ref" and an id of your own';
  if (own.has(id.toLowerCase())) return `its id would be ${id}, which another release has; ${advice}`;
  const earlier = Object.keys(releases).find((other) => other.toLowerCase() === id.toLowerCase());
  return earlier === undefined ? undefined : `its id would be ${id}, which an earlier ref has as well; ${advice}`;
}

interface RefLine {
  readonly ref: string;
  /** From 1. */
  readonly line: number;
}

async function readRefs(file: string): Promise<{ lines: readonly RefLine[] } | { problem: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    return { problem: code === 'ENOENT' ? `no such file: ${file}` : `cannot be read (${code ?? '?'}): ${file}` };
  }
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((words, index) => ({ ref: words.replace(/(^|\s)#.*$/, '').trim(), line: index + 1 }))
    .filter(({ ref }) => ref !== '');
  return lines.length > 0 ? { lines } : { problem: `names no ref; write one a line: ${file}` };
}
