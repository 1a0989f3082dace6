import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlowsView } from '../lease/driver-api.ts';
import { blocked } from '../support/step-error.ts';
import type { DriverClient } from '../lease/driver-client.ts';
import { BASELINE_FILE, baselineText, type Baseline } from '../trade/baseline-file.ts';
import { flowWords } from '../trade/views.ts';
import { lookForCash, lookForFlows } from '../trade/look.ts';
import { waitUntil, WaitTimeout } from '../support/wait.ts';
import type { Attached } from './bring-up.ts';

interface Taking extends Pick<Attached, 'cell' | 'document' | 'namespace' | 'signal' | 'say'> {
  readonly driverOf: (node: string) => DriverClient;
  /** Folder of the cell's evidence: gets the baseline. */
  readonly evidence: string;
}

/**
 * Writes down what a network holds before the suites trade in it: they are judged by what comes since.
 * @throws StepError blocked if its nodes trade at the moment; DriverCallError
 */
export async function takeBaseline(taking: Taking): Promise<void> {
  const { document, driverOf, evidence, say } = taking;
  const flows = await whenQuiet(taking);
  const baseline: Baseline = { ...(await lookForCash({ nodes: document.nodes, driverOf })), flows };
  await writeFile(join(evidence, BASELINE_FILE), baselineText(baseline));
  const before = baseline.transactions.filter((view) => view.transactions.length > 0);
  if (before.length === 0) return;
  const counts = before.map((view) => `${view.node} knows ${view.transactions.length} transactions`).join(', ');
  say(`the network has traded before (${counts}); the run judges only what comes after`);
}

async function whenQuiet({ cell, document, namespace, signal, driverOf }: Taking): Promise<readonly FlowsView[]> {
  const keeping = new Set(document.nodes.filter(({ keepsRefusals }) => keepsRefusals).map(({ id }) => id));
  const look = async () => {
    const views = await lookForFlows({ nodes: document.nodes, driverOf });
    const busy = views.filter(({ node, flows, checkpoints }) => {
      return flows.length > 0 || (checkpoints > 0 && !keeping.has(node));
    });
    if (busy.length === 0) return { done: true, value: views } as const;
    return { done: false, last: busy.map(busyWords).join('; ') } as const;
  };
  const name = `the network of namespace ${namespace} at rest`;
  return await waitUntil(look, { name, limit: cell.limits.flow, signal }).catch((cause: unknown) => {
    if (!(cause instanceof WaitTimeout)) throw cause;
    const advice = `Wait until its nodes stop trading. If flows never end, make the network anew (corda-compat down -n ${namespace}, then up or apply)`;
    throw blocked('space', `${cause.message}: the suites start from a network at rest. ${advice}`, { cause });
  });
}

function busyWords({ node, flows, checkpoints }: FlowsView): string {
  const running = flows.length > 0 ? `flows in flight: ${flowWords(flows)}` : 'no flow that RPC still lists';
  return `${node}: ${running}, checkpoints left: ${checkpoints}`;
}
