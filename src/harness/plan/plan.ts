import type { Cell } from '../config/cell.ts';
import type { Step } from '../support/step-error.ts';
import type { Described, PlannedRun, Way } from './steps.ts';

/** One thing that will be done, in one sentence, with what it consists of. */
export interface PlanStep {
  /** `4`, or `4.2` below another. */
  readonly number: string;
  readonly text: string;
  /** What is carried out under this number; absent of a cell as a whole and of a step's parts. */
  readonly step?: { readonly id: Step; readonly name: string };
  /** Of a cell as a whole. */
  readonly cell?: string;
  /** Done for all cells, each of which comes to it on its way. */
  readonly shared?: true;
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

/** A step of the run itself, after its cells. */
export interface RunStep {
  readonly id: Step;
  readonly name: string;
  readonly describe: (cells: readonly Cell[], run: PlannedRun) => string;
}

/** What a plan is made of. */
export interface PlanParts<Context> extends Pick<Plan, 'title' | 'skipped' | 'warnings'> {
  readonly cells: readonly Cell[];
  readonly wayOf: (cell: Cell) => Way<Context>;
  /** What a cell is, in a sentence. */
  readonly cellText: (cell: Cell) => string;
  readonly after: readonly RunStep[];
  readonly run: PlannedRun;
}

/** The steps that a run of these cells carries out, in order, numbered. */
export function makePlan<Context>(parts: PlanParts<Context>): Plan {
  const { title, cells, wayOf, cellText, after, run, skipped, warnings } = parts;
  const ways = cells.map((cell) => ({ cell, way: wayOf(cell) }));
  // Cells of a run differ in what is theirs alone.
  const shared = (ways[0]?.way.shared ?? []).map(({ id, name, describe }) => {
    return { ...described(describe(cells)), step: { id, name }, shared: true as const };
  });
  const own = ways.map(({ cell, way }) => ({
    text: cellText(cell),
    cell: cell.name,
    steps: way.own.map(({ id, name, meanwhile, ...step }) => {
      const text = step.describe(cell, run);
      return {
        text: meanwhile ? `${text.replace(/\.$/, '')}; the next steps go on meanwhile.` : text,
        step: { id, name },
        steps: [],
      };
    }),
  }));
  const last =
    cells.length === 0
      ? []
      : after.map(({ id, name, describe }) => {
          return { text: describe(cells, run), step: { id, name }, steps: [] };
        });
  return { title, steps: numbered([...shared, ...own, ...last]), skipped, warnings };
}

/** The numbers of what is carried out for one cell, in its order. */
export function numbersOf({ steps }: Plan, cell: string): readonly string[] {
  const own = steps.find((step) => step.cell === cell)?.steps ?? [];
  return [...steps.filter(({ shared }) => shared), ...own].map(({ number }) => number);
}

type Unnumbered = Omit<PlanStep, 'number' | 'steps'> & { readonly steps: readonly Unnumbered[] };

function described({ text, parts = [] }: Described): Unnumbered {
  return { text, steps: parts.map((part) => ({ text: part, steps: [] })) };
}

function numbered(steps: readonly Unnumbered[], above = ''): PlanStep[] {
  return steps.map(({ steps: below, ...step }, index) => {
    const number = `${above}${index + 1}`;
    return { number, ...step, steps: numbered(below, `${number}.`) };
  });
}

/** The plan as text for people: numbered lines, then what is skipped, then what is worth knowing. */
export function renderPlan({ title, steps, skipped, warnings }: Plan): string {
  return [
    `Plan: ${title}`,
    ...steps.flatMap((step) => stepLines(step, 0)),
    ...skipped.map(({ cell, reason }) => `Skipped ${cell}: ${reason}.`),
    ...warnings.map((warning) => `Warning: ${warning}${warning.endsWith('?') ? '' : '.'}`),
  ].join('\n');
}

function stepLines({ number, text, steps }: PlanStep, depth: number): string[] {
  return [`${'  '.repeat(depth + 1)}${number} ${text}`, ...steps.flatMap((step) => stepLines(step, depth + 1))];
}
