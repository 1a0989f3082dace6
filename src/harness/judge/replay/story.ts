import type { Operation } from '../../trade/operation.ts';
import type { JournaledOperation } from '../../trade/journal.ts';
import { formatMoney } from '../holdings.ts';
import type { Finding } from '../../trade/views.ts';
import type { FailureClass } from './failure-class.ts';
import type { Found } from './search.ts';
import { bug } from '../../support/step-error.ts';

/** The operations and findings of one network. */
export interface Happened {
  readonly entries: readonly JournaledOperation[];
  readonly findings: readonly Finding[];
}

export interface StoryParts {
  readonly found: Found;
  /** Failures of the run itself. */
  readonly failures: readonly FailureClass[];
  readonly run: Happened;
  /** By the number of the try. */
  readonly happened: ReadonlyMap<number, Happened>;
  readonly seed: number;
  /** Folder of a try's evidence, from the folder of the reports. */
  readonly evidence: (number: number) => string;
}

const MOST_OPERATIONS = 12;
const MOST_CHARACTERS = 300;

/** A failure as a short story: first its summary, then each operation that it needs, then the folder of its evidence. */
export function storyOf(parts: StoryParts): readonly string[] {
  switch (parts.found.result) {
    case 'came-back':
      return cameBack(parts);
    case 'gone':
      return gone(parts);
    case 'unknown': {
      const why = parts.found.stopped ?? 'the reason is unknown';
      return [`${headline(parts.failures, parts.run)}; no replay tells whether it comes back: ${why}`];
    }
  }
}

function cameBack({ found, run, happened, seed, evidence }: StoryParts): readonly string[] {
  const { smallest, failure, looked, seen, tries, stopped } = found;
  if (!smallest || !failure) bug('what came back was not seen');
  const there = happened.get(smallest.number) ?? run;
  const enough = `${there.entries.length} of ${run.entries.length} operations are enough`;
  const operations = there.entries.slice(0, MOST_OPERATIONS).map((entry, index) => `${index + 1}. ${ended(entry)}`);
  const more = there.entries.length - operations.length;
  return [
    `${headline([failure], there)}; ${enough}; seen ${times(seen)} of ${looked}`,
    ...operations,
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...(stopped === undefined ? [] : [`fewer may do: ${stopped}`]),
    `seed ${seed}; ${counted(tries.length)}; evidence of these operations: ${evidence(smallest.number)}`,
  ];
}

function gone({ found, failures, run, seed, evidence }: StoryParts): readonly string[] {
  const { tries } = found;
  return [
    `${headline(failures, run)}; seen once, not in the replay of all ${run.entries.length} operations`,
    `seed ${seed}; ${counted(tries.length)}; evidence of these: ${tries.map(({ number }) => evidence(number)).join(', ')}`,
  ];
}

/** The first operation or finding of the first failure, by its own message. */
function headline([failure]: readonly FailureClass[], { entries, findings }: Happened): string {
  const suspects = new Set(failure?.suspects);
  const failed = entries.filter(({ end }) => end.result !== 'ok');
  const operation = failed.find(({ operation: { id } }) => suspects.has(id)) ?? failed[0];
  if (operation) return ended(operation);
  const finding = findings.find(({ kind }) => failure?.words.startsWith(kind)) ?? findings[0];
  return shorten(finding?.message ?? failure?.words ?? 'nothing failed');
}

/** `4.10 (party-b) pays 3.3-corda (party-a) 1.01 USD: no answer within 30 s` */
function ended({ operation, end }: JournaledOperation): string {
  return shorten(`${inWords(operation)}: ${end.result === 'ok' ? 'ok' : end.error}`);
}

function inWords({ kind, from, to, fromRelease, toRelease, anonymous, notary, amount, currency }: Operation): string {
  const money = formatMoney(amount, currency);
  const who = `${fromRelease} (${from})`;
  if (kind === 'pay') return `${who} pays ${toRelease} (${to}) ${money}${anonymous ? ' anonymously' : ''}`;
  if (kind === 'change-notary') return `${who} takes ${money} to ${notary ?? 'another notary'}`;
  return `${who} ${kind === 'issue' ? 'issues' : 'exits'} ${money}`;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function counted(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}
