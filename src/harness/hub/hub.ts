import type { Cell } from '../config/cell.ts';
import { availableMemoryMb } from '../plan/memory.ts';
import type { NodeAction, NodeActionAnswer, LeaseAnswer, TradeProgress } from '../lease/lease.ts';
import { blocked, StepError, toFailure } from '../support/step-error.ts';
import type { Problem } from '../plan/steps.ts';
import type { Progress } from '../support/progress.ts';
import { createHubCell } from './hub-cell.ts';
import type { CellRecord, HubCell, HubLimits } from './hub-cell.ts';
import { withLimit } from '../support/wait.ts';
import { createMemoryGate } from './memory-gate.ts';
import type { Provisioner } from '../provision/provisioner.ts';
import type { LogLine } from '../corda/node-words.ts';
import type { LogMark } from '../evidence/evidence.ts';

export type { CellRecord, HubLimits } from './hub-cell.ts';

const MINUTE = 60_000;
const LIMITS: HubLimits = { provision: 45 * MINUTE, evidence: 2 * MINUTE };
const MEMORY_LIMIT = 10 * MINUTE;
const CLOSE_LIMIT = MINUTE;

export interface HubOptions {
  /**
   * Cells by groups, in the order in which vitest runs them: a group begins when the one before has ended, so that a
   * lease of a later group releases what an earlier one still holds (its worker may have died without a word).
   */
  readonly groups: readonly (readonly Cell[])[];
  /** Called at most once, at the first lease. */
  readonly provisioner: () => Promise<Provisioner>;
  readonly progress: Progress;
  readonly limits?: Partial<HubLimits>;
  /** Numbers of a cell's steps in the printed plan, in their order. */
  readonly numbers?: (cell: string) => readonly string[];
  /** Megabytes this machine can give now; for tests. */
  readonly freeMb?: () => number;
  readonly now?: () => number;
}

/** Networks beside those that suites lease. */
export interface OtherNetworks {
  /** Aborted when the run is interrupted. */
  readonly interrupted: AbortSignal;
  /** Another network of a cell, under another name; the caller releases it. @param signal ends it before its time */
  readonly make: (cell: Cell, signal: AbortSignal) => HubCell;
  /** Whether a suite has stopped, started or upgraded nodes of a cell's network. */
  readonly wasChanged: (cell: string) => boolean;
}

/** The main process's owner of networks. */
export interface Hub {
  /** Waits as long as provisioning takes (limited). Never rejects. */
  lease(cell: string): Promise<LeaseAnswer>;
  /** The end of the nodes' logs; undefined if no network is up. */
  mark(cell: string): Promise<LogMark | undefined>;
  /** Log lines of the nodes at WARN or above; none if no network is up. */
  logs(cell: string, since?: LogMark): Promise<readonly LogLine[]>;
  /** Carries out a node action on a running network. */
  act(cell: string, node: string, action: NodeAction): Promise<NodeActionAnswer>;
  /** A suite has found that this machine is to blame: the cell is blocked. */
  block(cell: string, why: string): void;
  /** Prints a suite's words in the run's progress. */
  say(cell: string, text: string): void;
  /** The suite or test of a cell that runs now, for progress. */
  suite(cell: string, name: string): void;
  /** How far the operations of that suite are, for progress. */
  traded(cell: string, progress: TradeProgress): void;
  /** Ends a cell's network. Idempotent, never rejects: failures are in the records. */
  release(cell: string): Promise<void>;
  /**
   * Ends all networks that suites have leased. @returns what makes others; undefined where networks are given, or none was
   * ever asked for
   */
  others(): Promise<OtherNetworks | undefined>;
  /** Ends the run: provisioning aborts, and every lease gets the answer `interrupted`. */
  interrupt(why: string): void;
  /** Releases all, attempts everything, never rejects. Returns problems that belong to no cell. */
  close(): Promise<readonly Problem[]>;
  records(): readonly CellRecord[];
}

export function createHub(options: HubOptions): Hub {
  const interruption = new AbortController();
  const memory = createMemoryGate({ freeMb: options.freeMb ?? availableMemoryMb, limit: MEMORY_LIMIT });
  const changed = new Set<string>();
  let maker: Promise<Provisioner> | undefined;
  const provisioner = (): Promise<Provisioner> => (maker ??= options.provisioner());
  const place = (cell: Cell, signal = interruption.signal): HubCell =>
    createHubCell({
      cell,
      provisioner,
      memory,
      limits: { ...LIMITS, ...options.limits },
      progress: options.progress,
      interrupted: signal,
      // A cell that is replayed goes the same way.
      numbers: () => options.numbers?.(cell.replayOf ?? cell.name) ?? [],
      ...(options.now ? { now: options.now } : {}),
    });
  const groups = options.groups.map((cells) => new Map(cells.map((cell) => [cell.name, place(cell)])));
  const all = new Map(groups.flatMap((group) => [...group]));
  const releaseAll = async (cells: Iterable<HubCell>): Promise<void> => {
    await Promise.all([...cells].map((cell) => cell.release()));
  };
  const find = (name: string): HubCell => {
    const cell = all.get(name);
    if (!cell) throw new RangeError(`no cell ${name} in this run, only ${[...all.keys()].join(', ')}`);
    return cell;
  };

  return {
    lease: async (name) => {
      const cell = find(name);
      const earlier = groups.slice(
        0,
        groups.findIndex((group) => group.has(name)),
      );
      await releaseAll(earlier.flatMap((group) => [...group.values()]));
      return cell.lease();
    },
    mark: async (name) => find(name).network()?.mark(),
    logs: async (name, since) => {
      const lines = (await find(name).network()?.logsSince(since)) ?? [];
      return lines.filter((line) => line.level !== 'INFO');
    },
    act: async (name, node, action) => {
      const network = find(name).network();
      changed.add(name);
      const began = performance.now();
      try {
        if (!network?.control)
          throw blocked('suites', `${name}: suites cannot stop or start the nodes of this network`);
        return { ok: true, node: await network.control(node, action), tookMs: performance.now() - began };
      } catch (error) {
        const failure = toFailure(error, 'suites');
        // A test fails by it, and that alone would blame the releases.
        if (failure.outcome === 'blocked') find(name).block(failure);
        return { ok: false, failure };
      }
    },
    block: (name, why) => find(name).block({ message: `${name}: ${why}` }),
    say: (name, text) => options.progress.say(text, name),
    suite: (name, suite) => find(name).suite(suite),
    traded: (name, progress) => find(name).traded(progress),
    release: (name) => find(name).release(),
    others: async () => {
      await releaseAll(all.values());
      const made = await maker?.catch(() => undefined);
      if (!made || made.isGiven) return undefined;
      return { interrupted: interruption.signal, make: place, wasChanged: (cell) => changed.has(cell) };
    },
    interrupt: (why) => interruption.abort(interruptedBy(why)),
    close: async () => {
      await releaseAll(all.values());
      return maker ? closeProvisioner(await maker.catch(() => undefined)) : [];
    },
    records: () => [...all.values()].map((cell) => cell.record()),
  };
}

async function closeProvisioner(provisioner: Provisioner | undefined): Promise<Problem[]> {
  try {
    const closed = provisioner?.close?.() ?? Promise.resolve();
    await withLimit(closed, { name: 'end of the shared processes', limit: CLOSE_LIMIT });
    return [];
  } catch (error) {
    return [{ step: 'destroy', message: error instanceof Error ? error.message : String(error) }];
  }
}

function interruptedBy(why: string): StepError {
  return new StepError({ outcome: 'interrupted', step: 'suites', message: `${why} stopped the run` });
}
