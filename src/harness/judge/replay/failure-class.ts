import type { Operation } from '../../trade/operation.ts';
import type { JournaledOperation } from '../../trade/journal.ts';
import type { Finding, JudgedNode } from '../../trade/views.ts';

/** The class of a failure, to compare two runs: a direction of an operation without an ok, or a finding and its releases. */
export interface FailureClass {
  /** Equal for two failures of a class. */
  readonly key: string;
  /** `4.10 pays 3.3-corda without an ok`, `lost-payment of 3.3-corda and 4.8` */
  readonly words: string;
  /** The operations that may have caused it, in the order of the journal; empty if they are unknown. */
  readonly suspects: readonly string[];
}

/** All that is known of one run of a history. */
export interface Evidence {
  readonly entries: readonly JournaledOperation[];
  /** Empty if the vaults were not read. */
  readonly findings: readonly Finding[];
  readonly parties: readonly Pick<JudgedNode, 'id' | 'release'>[];
}

/**
 * Flows that are left have no operation to their name: they may be a notary's suite's. Where an operation left one, it has
 * no ok, or its money is missed.
 */
const NOT_ABOUT_OPERATIONS: readonly Finding['kind'][] = ['flow-left'];
/** Another failure than a payment that the payee refuses, whatever the direction. */
const NO_MONEY = /InsufficientBalanceException|no coin of this amount/;

/**
 * The failures of a run, each class once: operations first, since what is found mostly follows from them; then findings that
 * name what they are about.
 */
export function classesOf({ entries, findings, parties }: Evidence): readonly FailureClass[] {
  const classes = new Map<string, FailureClass>();
  const add = ({ key, words, suspects }: FailureClass): void => {
    const known = classes.get(key)?.suspects ?? [];
    classes.set(key, { key, words, suspects: [...new Set([...known, ...suspects])] });
  };
  for (const entry of entries) if (entry.end.result !== 'ok') add(ofOperation(entry));
  for (const finding of findings) {
    if (!NOT_ABOUT_OPERATIONS.includes(finding.kind)) add(ofFinding(finding, entries, parties));
  }
  return [...classes.values()].sort((a, b) => rank(a) - rank(b));
}

/** Whether a history with these operations only can show a failure of this class at all. */
export function canShow({ key }: FailureClass, operations: readonly Operation[]): boolean {
  if (key.startsWith(LOST)) return operations.some(({ kind }) => kind === 'pay');
  return !key.startsWith(OPERATION) || operations.some((operation) => key.startsWith(keyOf(operation)));
}

function rank({ key, suspects }: FailureClass): number {
  if (key.startsWith(OPERATION)) return 0;
  return suspects.length > 0 ? 1 : 2;
}

const OPERATION = 'operation ';
const FINDING = 'finding ';
const LOST = `${FINDING}lost-payment `;

function keyOf({ kind, fromRelease, toRelease }: Operation): string {
  return `${OPERATION}${kind} ${fromRelease} ${toRelease} `;
}

function ofOperation({ operation, end }: JournaledOperation): FailureClass {
  const lacksMoney = end.result === 'failed' && NO_MONEY.test(end.error);
  const { kind, fromRelease, toRelease, id } = operation;
  const does = { issue: 'issues', exit: 'exits', pay: `pays ${toRelease}`, 'change-notary': 'changes a notary' };
  const words = `${fromRelease} ${does[kind]} without an ok${lacksMoney ? ', for want of money' : ''}`;
  return { key: `${keyOf(operation)}${lacksMoney ? 'no-money' : ''}`, words, suspects: [id] };
}

function ofFinding({ kind, message }: Finding, entries: readonly JournaledOperation[], parties: Evidence['parties']) {
  const named = parties.filter(({ id, release }) => message.includes(`${release} (${id})`));
  const releases = [...new Set(named.map(({ release }) => release))].sort();
  const of = releases.length > 0 ? ` of ${releases.join(' and ')}` : '';
  return {
    key: `${FINDING}${kind} ${releases.join(' ')}`,
    words: `${kind}${of}`,
    suspects: suspectsOf(message, entries),
  };
}

/** Those that the message names by their ids; otherwise all without an ok, as findings mostly follow from them. */
function suspectsOf(message: string, entries: readonly JournaledOperation[]): readonly string[] {
  const named = entries.filter(({ operation }) => message.includes(`[${operation.id}]`));
  const suspects = named.length > 0 ? named : entries.filter(({ end }) => end.result !== 'ok');
  return suspects.map(({ operation }) => operation.id);
}
