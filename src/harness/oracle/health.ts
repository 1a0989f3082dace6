import type { HealthView } from '../domain/driver-views.ts';
import { seconds } from '../support/words.ts';

/** What a node said of itself. */
export interface SeenNode {
  readonly id: string;
  readonly release: string;
  readonly view: HealthView;
}

/** How far a clock may be from the others': more than any time service leaves, less than what Corda's time windows forgive. */
const CLOCK_LIMIT_MS = 5_000;
/** Of the heap, in use after a collection: beyond it a JVM collects garbage and does little else. */
const HEAP_LIMIT = 0.9;

const MB = 1024 ** 2;

/** Sentences, one for each clock that is not where most are. */
export function clockProblems(nodes: readonly SeenNode[]): readonly string[] {
  const sorted = nodes.map(({ view }) => view.clockOffsetMs).sort((a, b) => a - b);
  const usual = sorted[(sorted.length - 1) >> 1] ?? 0;
  return nodes.flatMap((node) => {
    const off = node.view.clockOffsetMs - usual;
    if (Math.abs(off) <= CLOCK_LIMIT_MS) return [];
    const way = off > 0 ? 'ahead of' : 'behind';
    const limit = `(limit ${CLOCK_LIMIT_MS / 1000} s)`;
    return [`${nodeWords(node)}: its clock is ${measured(Math.abs(off))} ${way} the other nodes’ ${limit}`];
  });
}

/** As exact as it was measured. */
function measured(ms: number): string {
  return seconds(ms, ms < 60_000 ? 1 : 0);
}

/** Sentences, one for each node that has little memory left. Those whose JVM cannot be asked have none. */
export function heapProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { heapLiveBytes: live = 0, heapMaxBytes: max = 0 } = node.view.jvm ?? {};
    if (live <= HEAP_LIMIT * max) return [];
    const words = `${Math.round(live / MB)} of ${Math.round(max / MB)} MB of its heap are in use after a collection`;
    return [`${nodeWords(node)}: ${words} (limit ${HEAP_LIMIT * 100} %): give its release more with jvmArgs`];
  });
}

/** Sentences, one for each node of a quiet network that has a database connection lent out or somebody waiting for one. */
export function poolProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { active = 0, waiting = 0, total = 0 } = node.view.jvm?.pool ?? {};
    if (active === 0 && waiting === 0) return [];
    const queue = waiting === 0 ? '' : `, and ${waiting} wait for one`;
    return [`${nodeWords(node)}: ${active} of ${total} database connections are lent out${queue}`];
  });
}

/** Sentences, one for each node where somebody waits for a database connection and there is none. */
export function queueProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { active = 0, waiting = 0, total = 0 } = node.view.jvm?.pool ?? {};
    if (waiting === 0) return [];
    return [`${nodeWords(node)}: ${waiting} wait for a database connection; ${active} of ${total} are lent out`];
  });
}

/** `4.10 (party-b)` */
export function nodeWords({ id, release }: Pick<SeenNode, 'id' | 'release'>): string {
  return `${release} (${id})`;
}
