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

/** Name of a cell's own namespace: `corda-compat-20261123-154512-ab12cd-4-8-4-10`; two cells of a run never share one. */
export function namespaceName({ prefix, runId, cell, number = 1 }: NamespaceParts): string {
  const words = [prefix, runId, cell, ...(number > 1 ? [String(number)] : [])];
  const name = words.map(word).join('-');
  // `4-8` and `4.8` would become the same word.
  const exact = /^[a-z0-9.+]+$/.test(cell);
  return exact && name.length <= LONGEST ? name : cut(name, LONGEST, words.join(' '));
}

/** Name of a workload: the release that it runs (`4-8`, `4-8-notary`), with its id where that is taken. */
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

/** Labels by which the run, its reaper, a sweep and people find our objects. */
export const K8S_LABEL = {
  run: 'corda-compat.run',
  /** One cell's objects; unique in the cluster. */
  space: 'corda-compat.space',
  cell: 'corda-compat.cell',
  /** The node's or service's id. */
  process: 'corda-compat.resident',
} as const;

export const K8S_ANNOTATION = {
  /** JSON: run, host, process number and start time of who made it. */
  owner: 'corda-compat.owner',
  /** ISO time. */
  created: 'corda-compat.created',
  /** The cell's exact name, which labels do not take. */
  cell: 'corda-compat.cell',
  /** ISO time after which the namespace deletes itself; pushed forward as long as the run lives. */
  deleteAfter: 'corda-compat.delete-after',
} as const;

/** Owner of what a person applied: no process, so that it never counts as gone. */
export const BY_HAND = 'by-hand';

/** On all our objects, by runs and by hand. */
export const MANAGED_BY = { name: 'app.kubernetes.io/managed-by', value: 'corda-compat' } as const;

/** The field manager of our objects. */
export const FIELD_MANAGER = 'corda-compat';

export type Labels = Readonly<Record<string, string>>;

/** A configuration that all users of the namespace may read, and the values that its node takes from the environment. */
export interface OpenConf {
  readonly text: string;
  /** Passwords by the names of variables. */
  readonly env: Readonly<Record<string, string>>;
}

const PREFIX = 'NODE_CONF';
const MARK = /"\$\{([A-Z0-9_]+)\}"/g;

/**
 * node.conf without its passwords. All releases resolve HOCON's `${NAME}` from their environment (ConfigHelper.kt calls
 * `resolve()`); Corda's own overrides begin with CORDA, so these do not.
 * @param text JSON, as `nodeConf` writes it
 */
export function openConf(text: string): OpenConf {
  const env: Record<string, string> = {};
  const withheld = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((each, at) => withheld(each, [...path, String(at)]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withheld(each, [...path, key])]));
    }
    if (typeof value !== 'string' || !/password$/i.test(path.at(-1) ?? '')) return value;
    const name = [PREFIX, ...path].join('_').toUpperCase();
    env[name] = value;
    return `\${${name}}`;
  };
  const open = JSON.stringify(withheld(JSON.parse(text), []), undefined, 2);
  // In quotes HOCON would take it for text.
  const unquoted = open.replaceAll(MARK, (all, name: string) => (name in env ? `\${${name}}` : all));
  return { text: `${unquoted}\n`, env };
}
