import type Dockerode from 'dockerode';
import { statusOf } from '../../docker/engine-failure.ts';
import { waitUntil } from '../../support/wait.ts';

/** Something in an engine. */
export interface EngineThing {
  readonly kind: 'container' | 'network' | 'volume';
  /** By which the engine knows it. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** All containers (ended ones too), networks and volumes that carry a label, `name` or `name=value`; in the order of their removal. */
export async function findLabelled(engine: Dockerode, label: string): Promise<readonly EngineThing[]> {
  const filters = { label: [label] };
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Id, Names, Labels }) => thing('container', Id, Names[0]?.slice(1) ?? Id, Labels)),
    ...networks.map(({ Id, Name, Labels }) => thing('network', Id, Name, Labels)),
    ...volumes.Volumes.map(({ Name, Labels }) => thing('volume', Name, Name, Labels)),
  ];
}

export interface RemoveOptions {
  /** Milliseconds after which what is still there is an error. */
  readonly limitMs: number;
  /**
   * Looks that must find nothing before all counts as gone. Two or more where the maker died in the middle: the engine
   * finishes what it was asked for after that.
   */
  readonly looks: number;
}

/** Between two looks: longer than an engine takes to make a container it was asked for. */
const PAUSE_MS = 400;

/**
 * Removes what carries a label, running containers too, and looks until it is gone.
 * @throws WaitTimeout naming what is still there, and why
 */
export async function removeLabelled(
  engine: Dockerode,
  label: string,
  { limitMs, looks }: RemoveOptions,
): Promise<void> {
  let quiet = 0;
  await waitUntil(
    async () => {
      const found = await findLabelled(engine, label);
      quiet = found.length === 0 ? quiet + 1 : 0;
      if (quiet >= looks) return { done: true, value: undefined };
      const refused = await removeAll(engine, found);
      return { done: false, last: refused.join('; ') || found.map(({ kind, name }) => `${kind} ${name}`).join(', ') };
    },
    { name: `removal of what is labelled ${label}`, limit: limitMs, every: looks > 1 ? PAUSE_MS : 20 },
  );
}

/** Networks and volumes can go once no container holds them. @returns what the engine said against it */
async function removeAll(engine: Dockerode, things: readonly EngineThing[]): Promise<readonly string[]> {
  const refused: string[] = [];
  const removeEach = (kind: EngineThing['kind']): Promise<unknown> =>
    Promise.all(
      things
        .filter((each) => each.kind === kind)
        .map((each) => removeOne(engine, each).catch((e: unknown) => refused.push(told(each, e)))),
    );
  await removeEach('container');
  await Promise.all([removeEach('network'), removeEach('volume')]);
  return refused;
}

async function removeOne(engine: Dockerode, { kind, id }: EngineThing): Promise<void> {
  try {
    if (kind === 'container') await engine.getContainer(id).remove({ force: true, v: true });
    else if (kind === 'network') await engine.getNetwork(id).remove();
    else await engine.getVolume(id).remove();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

function told({ kind, name }: EngineThing, error: unknown): string {
  return `${kind} ${name}: ${(error as Error).message}`;
}

function thing(kind: EngineThing['kind'], id: string, name: string, labels: Record<string, string> | null | undefined) {
  return { kind, id, name, labels: labels ?? {} };
}

/** Labels by which the run, its reaper and a sweep find our containers, networks and volumes. */
export const LABEL = {
  run: 'corda-compat.run',
  /** `<run>/<cell>`: a space's id. */
  space: 'corda-compat.space',
  cell: 'corda-compat.cell',
  /** The node's or service's id. */
  process: 'corda-compat.resident',
  /** JSON of SpaceOwner. */
  owner: 'corda-compat.owner',
} as const;

/** A label and its value, as filters of the engine take it. */
export function labelled(name: string, value: string): string {
  return `${name}=${value}`;
}
