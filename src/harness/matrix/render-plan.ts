import type { Plan, PlanStep } from './plan.ts';

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
