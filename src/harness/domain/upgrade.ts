import type { Cell } from './cell.ts';
import { platformFactsOf } from './platform-facts-table.ts';
import type { Release } from './release.ts';

/** Platform version of 4.12, which takes over data of 4.11 alone (docs 4.12, "Upgrading a node"). */
const FIRST_OF_JAVA_17 = 140;
const LAST_OF_JAVA_8 = 13;

/** Why the nodes of a cell's left release are not upgraded to its right one; `undefined` where they are. */
export function noUpgradeOf({ pair, provider }: Cell): string | undefined {
  if (!pair) return 'a mixed cell has no left and no right release';
  const { left, right } = pair;
  if (left.id === right.id) return `both sides are ${left.id}`;
  if (provider !== 'local') return `provider ${provider} cannot replace what is in a node's volume; provider local can`;
  const [from, to] = [platformVersionOf(left), platformVersionOf(right)];
  if (from === undefined || to === undefined) return undefined;
  if (to < from) return `${right.id} is older than ${left.id}, and no release takes over data of a newer one`;
  if (to >= FIRST_OF_JAVA_17 && from < LAST_OF_JAVA_8) return `${right.id} takes over data of 4.11 and later only`;
  return undefined;
}

/** Of what Maven Central serves; of other releases nobody knows before they are built. */
function platformVersionOf({ source }: Release): number | undefined {
  return source.kind === 'maven' ? platformFactsOf(source.version)?.platformVersion : undefined;
}
