import type { Cell, Pair } from '../domain/cell.ts';
import { platformFactsOf } from '../domain/platform-facts-table.ts';
import type { Release } from '../domain/release.ts';
import { compareReleases } from './pairs.ts';
import { attachedSteps, cellSteps } from './plan-cell.ts';
import { cordappsText, grouped, listed, sourceText } from './plan-words.ts';

/** One thing that will be done, in one sentence, with what it consists of. */
export interface PlanStep {
  /** `4`, or `4.2` below another. */
  readonly number: string;
  readonly text: string;
  readonly steps: readonly PlanStep[];
}

/** A pair of the matrix that will not run, and why. */
export interface SkippedCell {
  readonly cell: string;
  readonly reason: string;
}

/** What a run is about to do: pure, the same for the same matrix, nothing fetched or looked up. */
export interface Plan {
  readonly title: string;
  readonly steps: readonly PlanStep[];
  readonly skipped: readonly SkippedCell[];
  readonly warnings: readonly string[];
}

export interface PlanOptions {
  readonly skipped?: readonly SkippedCell[];
  readonly warnings?: readonly string[];
  /** Cells at once; 1 by default. */
  readonly parallel?: number;
}

/** The steps of a run of these cells, in order: what all cells share is done once, before the first. */
export function plan(cells: readonly Cell[], options: PlanOptions = {}): Plan {
  const { skipped = [], warnings = [], parallel = 1 } = options;
  const releases = releasesOf(cells);
  const shared = cells.length === 0 ? [] : [resolveStep(releases), ...javaSteps(releases), toolsStep(releases)];
  const own = cells.map((cell) => ({ text: cellText(cell), steps: cellSteps(cell).map(leaf) }));
  const steps = numbered([...shared, ...own, ...replaySteps(cells)]);
  return { title: titleOf(cells, parallel), steps, skipped, warnings };
}

export interface AttachedPlanOptions extends Pick<PlanOptions, 'skipped' | 'warnings'> {
  readonly namespace: string;
}

/** The steps of a run that uses a network which is there: it makes nothing and removes nothing. */
export function attachedPlan(cells: readonly Cell[], options: AttachedPlanOptions): Plan {
  const { namespace, skipped = [], warnings = [] } = options;
  const own = cells.map((cell) => ({ text: cellText(cell), steps: attachedSteps(cell).map(leaf) }));
  const seed = cells[0]?.workload.seed;
  const title =
    cells.length === 0 ? titleOf(cells, 1) : `${cells.length} cell, attached to namespace ${namespace}; seed ${seed}.`;
  return { title, steps: numbered(own), skipped, warnings };
}

interface Unnumbered {
  readonly text: string;
  readonly steps: readonly Unnumbered[];
}

function numbered(steps: readonly Unnumbered[], above = ''): PlanStep[] {
  return steps.map(({ text, steps: below }, index) => {
    const number = `${above}${index + 1}`;
    return { number, text, steps: numbered(below, `${number}.`) };
  });
}

function leaf(text: string): Unnumbered {
  return { text, steps: [] };
}

/** Each release once, oldest first. */
function releasesOf(cells: readonly Cell[]): Release[] {
  const byId = new Map(cells.flatMap(({ releases }) => releases).map((release) => [release.id, release]));
  return [...byId.values()].sort(compareReleases);
}

function titleOf(cells: readonly Cell[], parallel: number): string {
  const [first] = cells;
  if (!first) return 'Nothing to run: no cell is selected.';
  const count = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
  const order = cells.length === 1 ? '' : parallel === 1 ? ', one after the other' : `, up to ${parallel} at once`;
  return `${count}${order}; provider ${providerText(first)}, JVM options ${first.jvm}, seed ${first.workload.seed}.`;
}

/** `kubernetes (deployment)`: what is not as it would be anyway. */
function providerText({ provider, workloadKind }: Cell): string {
  return workloadKind === undefined ? provider : `${provider} (${workloadKind})`;
}

function resolveStep(releases: readonly Release[]): Unnumbered {
  const what = releases.length === 1 ? '1 release' : `${releases.length} releases`;
  return {
    text: `Resolve ${what}, once for all cells: fetch what the cache does not hold and verify its checksums.`,
    steps: releases.map((release) =>
      leaf(`Release ${release.id}: node ${sourceText(release)}; CorDapps ${cordappsText(release)}.`),
    ),
  };
}

/** A jar says only when it is opened what it needs. */
function javaSteps(releases: readonly Release[]): Unnumbered[] {
  const byJava = grouped(releases, javaOf);
  return [...byJava].map(([java, users]) => {
    const whom = idsOf(users);
    if (java === undefined) return leaf(`Find the Java that the jar or the revision asks for, for ${whom}.`);
    return leaf(
      `Find Java ${java} for ${whom}, or fetch it: COMPAT_JAVA_${java}_HOME, installed ones, Adoptium, Debian.`,
    );
  });
}

function javaOf({ java, source }: Release): number | undefined {
  return java ?? (source.kind === 'maven' ? platformFactsOf(source.version)?.java : undefined);
}

function toolsStep(releases: readonly Release[]): Unnumbered {
  return leaf(
    `Compile minter, driver and healthcheck CorDapp against the jars of ${idsOf(releases)} as needed; keep them in the cache.`,
  );
}

/** One for all: it comes when every suite of every cell is over. */
function replaySteps([first]: readonly Cell[]): Unnumbered[] {
  const limits = first?.workload.shrink;
  if (!limits) return [];
  const bounds = `${limits.tries === 1 ? '1 try' : `${limits.tries} tries`} and ${limits.limit / 1000} s a cell`;
  return [
    leaf(
      `If operations failed, carry them out again on fresh networks, within ${bounds}, and tell how few of them still fail.`,
    ),
  ];
}

function cellText({ name, pair, releases, known }: Cell): string {
  const declared = known ? ` Declared incompatible until ${known.until}: ${known.reason}` : '';
  return `Cell ${name}: ${pair ? sidesText(pair) : releasesText(releases)}.${declared}`;
}

function sidesText({ left, right }: Pair): string {
  const [leftCarries, rightCarries] = [cordappsText(left), cordappsText(right)];
  return leftCarries === rightCarries
    ? `left ${left.id}, right ${right.id}, CorDapps of both ${leftCarries}`
    : `left ${left.id} with CorDapps ${leftCarries}; right ${right.id} with CorDapps ${rightCarries}`;
}

function releasesText(releases: readonly Release[]): string {
  const byCordapps = [...grouped(releases, cordappsText)].map(([carried, group]) => ({ carried, ids: idsOf(group) }));
  const [only, another] = byCordapps;
  if (only && !another) return `${only.ids}, CorDapps of all ${only.carried}`;
  return byCordapps.map(({ carried, ids }) => `${ids} with CorDapps ${carried}`).join('; ');
}

function idsOf(releases: readonly Release[]): string {
  return listed(releases.map(({ id }) => id));
}
