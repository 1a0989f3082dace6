import type { FlowsView, HealthView } from '../lease/driver-api.ts';
import { textTable } from './terminal.ts';

/** A checked network, as far as a person reads it. */
export interface HealthWords {
  readonly nodes: readonly {
    readonly id: string;
    readonly release: string;
    readonly view?: HealthView;
    readonly flows?: FlowsView;
  }[];
  readonly notarisations: readonly {
    readonly from: string;
    readonly fromRelease: string;
    readonly notary: string;
    readonly notaryRelease: string;
    readonly tookMs?: number;
  }[];
  readonly problems: readonly string[];
}

const NODES = [
  'node',
  'release',
  'rpc',
  'platform',
  'map',
  'notaries',
  'clock',
  'heap',
  'pool',
  'flows',
  'checkpoints',
];
const NOTARISATIONS = ['notary', 'release', 'notarises for', 'release', 'took'];
const NOTHING = '-';

/** A line for each node, one for each notarisation, and what is wrong. */
export function healthWords({ nodes, notarisations, problems }: HealthWords): string {
  const notarised = notarisations.map(({ notary, notaryRelease, from, fromRelease, tookMs }) => {
    return [notary, notaryRelease, from, fromRelease, tookMs === undefined ? 'failed' : `${tookMs} ms`];
  });
  return [
    ...textTable(NODES, nodes.map(nodeRow)),
    '',
    ...textTable(NOTARISATIONS, notarised),
    '',
    ...(problems.length === 0 ? ['All is well.'] : problems),
  ].join('\n');
}

function nodeRow({ id, release, view, flows }: HealthWords['nodes'][number]): readonly string[] {
  const left = [flows?.flows.length, flows?.checkpoints].map((count) => String(count ?? NOTHING));
  if (!view) return [id, release, 'no answer', ...Array<string>(6).fill(NOTHING), ...left];
  const { answeredMs, platformVersion, networkMapSize, notaries, clockOffsetMs, jvm } = view;
  return [
    id,
    release,
    `${answeredMs} ms`,
    String(platformVersion),
    String(networkMapSize),
    String(notaries.length),
    `${clockOffsetMs > 0 ? '+' : ''}${clockOffsetMs} ms`,
    jvm ? `${megabytes(jvm.heapUsedBytes)} of ${megabytes(jvm.heapMaxBytes)} MB` : NOTHING,
    jvm?.pool ? `${jvm.pool.active} of ${jvm.pool.max ?? jvm.pool.total}` : NOTHING,
    ...left,
  ];
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
