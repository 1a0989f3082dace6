import type { Cell } from '../config/cell.ts';
import type { Step } from '../support/step-error.ts';
import type { Described, PlannedRun, Way } from './steps.ts';

/** One thing that the run will do: a sentence, and its parts. */
export interface PlanStep {
  /** `4`, or `4.2` below another. */
  readonly number: string;
  readonly text: string;
  /** The step that the run carries out under this number; absent for a cell as a whole and for a step's parts. */
  readonly step?: { readonly id: Step; readonly name: string };
  /** For a cell as a whole. */
  readonly cell?: string;
  /** Done once for all cells; each of them comes to it on its way. */
  readonly shared?: true;
  readonly steps: readonly PlanStep[];
}

/** A pair of the matrix that will not run, and the reason. */
export interface SkippedCell {
  readonly cell: string;
  readonly reason: string;
}

/** The steps of a run before it starts. Pure: the same matrix gives the same plan, without fetching or looking up. */
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

/** The input of a plan. */
export interface PlanParts<Context> extends Pick<Plan, 'title' | 'skipped' | 'warnings'> {
  readonly cells: readonly Cell[];
  readonly wayOf: (cell: Cell) => Way<Context>;
  /** A cell in one sentence. */
  readonly cellText: (cell: Cell) => string;
  readonly after: readonly RunStep[];
  readonly run: PlannedRun;
}

/** The steps that a run of these cells carries out, in order, numbered. */
export function makePlan<Context>(parts: PlanParts<Context>): Plan {
  const { title, cells, wayOf, cellText, after, run, skipped, warnings } = parts;
  const ways = cells.map((cell) => ({ cell, way: wayOf(cell) }));
  // Cells of a run differ only in their own steps.
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

/** The numbers of one cell's steps, in order. */
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

/** The plan as text for people: numbered lines, then skipped cells, then warnings. */
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
