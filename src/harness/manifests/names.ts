import { createHash } from 'node:crypto';

/** Longest label of a host name, which names of namespaces, Services and Pods must be. */
const LONGEST = 63;
/** The cluster adds a dash and a number, or a digest, to names of workloads. */
const LONGEST_WORKLOAD = 40;
const DIGEST = 6;

export interface NamespaceParts {
  /** Before the run: `corda-compat`, or what the user chose. */
  readonly prefix: string;
  readonly runId: string;
  readonly cell: string;
  /** Above 1 where a run has several spaces of one cell. */
  readonly number?: number;
}

/** Of a cell's own namespace: `corda-compat-20261123-154512-ab12cd-4-8-4-10`; two cells of a run never share one. */
export function namespaceName({ prefix, runId, cell, number = 1 }: NamespaceParts): string {
  const words = [prefix, runId, cell, ...(number > 1 ? [String(number)] : [])];
  const name = words.map(word).join('-');
  // `4-8` and `4.8` would become the same word.
  const exact = /^[a-z0-9.+]+$/.test(cell);
  return exact && name.length <= LONGEST ? name : cut(name, LONGEST, words.join(' '));
}

/** Of a workload: after the release that it runs, as `4-8` and `4-8-notary`; after its id as well where that is taken. */
export function workloadName(
  { release, id, notary }: { readonly release: string; readonly id: string; readonly notary: boolean },
  taken: ReadonlySet<string>,
): string {
  const base = notary ? `${release}-notary` : release;
  const names = [base, `${release}-${id}`].map((text) => {
    const name = word(text);
    return name.length <= LONGEST_WORKLOAD ? name : cut(name, LONGEST_WORKLOAD, text);
  });
  const free = names.find((name) => !taken.has(name));
  return free ?? cut(names[1] ?? '', LONGEST_WORKLOAD, `${release} ${id}`);
}

/** A value that labels take; the exact text belongs into an annotation. */
export function labelValue(text: string): string {
  const value = text.replaceAll(/[^A-Za-z0-9._-]/g, '_').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return value.length <= LONGEST ? value : cut(value, LONGEST, text);
}

/** First characters of a text's digest, to tell contents apart in names. */
export function shortDigest(text: string | Buffer, length = DIGEST): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

function word(text: string): string {
  const letters = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return letters.replaceAll(/^-+|-+$/g, '') || 'x';
}

function cut(name: string, longest: number, exact: string): string {
  return `${name.slice(0, longest - DIGEST - 1).replace(/-+$/, '')}-${shortDigest(exact)}`;
}
