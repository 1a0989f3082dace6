import { readFileSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What the files of a lane wait for each other for, by how they say it. Those of the cluster alone come before those that need the engine as
 * well: meanwhile the engine has files of its own.
 */
const LANES: readonly (readonly RegExp[])[] = [
  [/^describeWithCluster\(/m, /^describeWithEngineAndCluster\(/m],
  [/^describeWithDocker\(/m],
  [/^takeTurn\('processors'\)/m],
];

/** Files in the order in which they are begun: of each lane one in turn, so that none stands still while another one has all workers. */
export class Lanes extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const orderOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    // One group is over before the next one begins.
    return [...new Set(sorted.map(orderOf))].flatMap((order) =>
      interleaved(sorted.filter((file) => orderOf(file) === order)),
    );
  }
}

function interleaved(files: readonly TestSpecification[]): TestSpecification[] {
  const placed = files.map((file) => ({ file, ...placeOf(readFileSync(file.moduleId, 'utf8')) }));
  const lanes = [...LANES.keys(), LANES.length].map((lane) =>
    placed.filter((each) => each.lane === lane).sort((one, other) => one.rank - other.rank),
  );
  const longest = Math.max(...lanes.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => lanes.flatMap((lane) => lane[turn]?.file ?? [])).flat();
}

/** In no lane is whoever waits for nobody. */
function placeOf(text: string): { readonly lane: number; readonly rank: number } {
  for (const [lane, signs] of LANES.entries()) {
    const rank = signs.findIndex((sign) => sign.test(text));
    if (rank >= 0) return { lane, rank };
  }
  return { lane: LANES.length, rank: 0 };
}
