import type { Records } from './records.ts';
import { refOf, type Finding } from './views.ts';

/** All peers put the same constraint on what they issue: otherwise they do not carry the same kind of CorDapp. */
export function judgeConstraints(records: Records): readonly Finding[] {
  const made = new Map<string, Set<string>>();
  for (const [transaction, { operation }] of records.asked) {
    const constraint = records.coin(refOf({ transaction, index: 0 }))?.constraint;
    if (operation.kind !== 'issue' || constraint === undefined) continue;
    made.set(operation.from, (made.get(operation.from) ?? new Set()).add(constraint));
  }
  const all = new Set([...made.values()].flatMap((constraints) => [...constraints]));
  if (all.size <= 1) return [];
  const each = [...made].map(([node, constraints]) => {
    return `${records.name(node)} issues with the constraint ${[...constraints].sort().join(' and ')} and carries ${carried(records, node)}`;
  });
  return [{ kind: 'constraint-differs', message: `constraints do not agree: ${each.join('; ')}` }];
}

/** `corda-finance-contracts-4.5.jar (signed), mine.jar (unsigned)` */
function carried({ views }: Records, node: string): string {
  const cordapps = views.parties.find(({ id }) => id === node)?.cordapps;
  if (!cordapps) return 'CorDapps that nobody told of';
  return cordapps.map(({ name, signed }) => `${name} (${signed ? 'signed' : 'unsigned'})`).join(', ') || 'no CorDapp';
}
