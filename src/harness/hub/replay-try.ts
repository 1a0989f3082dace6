import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Lease, LeasedNode } from '../lease/lease.ts';
import type { Operation, OperationEnd } from '../trade/operation.ts';
import { DriverClient } from '../lease/driver-client.ts';
import { type JournaledOperation, type Turn, Journal } from '../trade/journal.ts';
import { judge } from '../judge/judge.ts';
import { type Finding, type JudgedNode, VIEWS_FILE } from '../trade/views.ts';
import type { Problem } from '../plan/steps.ts';
import { WaitTimeout } from '../support/wait.ts';
import { askFor } from '../trade/ask-for.ts';
import { lookAtAll, untilQuiet } from '../trade/look.ts';
import { endOf } from '../trade/operation-end.ts';
import type { HubCell } from './hub-cell.ts';
import { markOf } from '../support/about.ts';
import { messageOf } from '../support/words.ts';

/** Result of a replay of operations. */
export interface CarriedOut {
  readonly entries: readonly JournaledOperation[];
  /** Empty if the try did not read the vaults, since it had seen enough. */
  readonly findings: readonly Finding[];
  readonly parties: readonly Pick<JudgedNode, 'id' | 'release'>[];
}

export interface TryOrder {
  /** A network without a lease. */
  readonly place: HubCell;
  /** In the order in which they began. */
  readonly operations: readonly Operation[];
  readonly course: readonly Turn[];
  /** Whether these operations decide, so that the vaults need no reading. */
  readonly isEnough: (entries: readonly JournaledOperation[]) => boolean;
  readonly signal: AbortSignal;
}

export type Tried = (CarriedOut | { readonly why: string }) & { readonly problems: readonly Problem[] };

/**
 * Brings a network up, carries operations out on it as they were carried out before, looks into its vaults and takes it down. What
 * keeps it from that is told, as is what goes wrong with the taking down. Never rejects.
 */
export async function tryAgain(order: TryOrder): Promise<Tried> {
  const happened = await carryOut(order).catch((error: unknown) => ({ why: wordsOf(error, order.signal) }));
  await order.place.release();
  const { failure, problems } = order.place.record();
  // A node that ended meanwhile, or was away: what happened then says nothing.
  if (failure) return { why: failure.message, problems };
  return { ...happened, problems };
}

async function carryOut({ place, ...order }: TryOrder): Promise<CarriedOut> {
  const answer = await place.lease();
  if (!answer.ok) throw new Error(answer.failure.message);
  const network = new Replaying(answer.lease, order.signal);
  const entries = await network.carryOut(order);
  const findings = order.isEnough(entries) ? [] : await network.judge(entries);
  return { entries, findings, parties: answer.lease.nodes };
}

/** A network on which operations are carried out again. */
class Replaying {
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #journal: Journal;
  readonly #drivers: ReadonlyMap<string, DriverClient>;

  constructor(lease: Lease, signal: AbortSignal) {
    this.#lease = lease;
    this.#signal = signal;
    this.#journal = new Journal(lease.journal);
    this.#drivers = new Map(lease.nodes.map(({ id, driver }) => [id, new DriverClient(driver, signal)]));
  }

  /** Each begins when all have ended that had ended before it began: a closed loop, with the same ones in flight together. */
  async carryOut({
    operations,
    course,
  }: Pick<TryOrder, 'operations' | 'course'>): Promise<readonly JournaledOperation[]> {
    const known = new Map(operations.map((operation) => [operation.id, operation]));
    const running = new Map<string, Promise<JournaledOperation>>();
    for (const { event, id } of course) {
      const operation = known.get(id);
      if (event === 'end') await running.get(id);
      else if (operation) running.set(id, kept(this.#carryOutOne(this.#here(operation))));
      this.#signal.throwIfAborted();
    }
    return await Promise.all(running.values());
  }

  /** @throws Error where the nodes cannot be asked */
  async judge(entries: readonly JournaledOperation[]): Promise<readonly Finding[]> {
    const network = { nodes: this.#lease.nodes, driverOf: (id: string) => this.#driverOf(id) };
    const wait = { limit: this.#lease.limits.flow, refusals: () => Promise.resolve({}), signal: this.#signal };
    await untilQuiet(network, wait).catch((error: unknown) => {
      // What is left then is found.
      if (!(error instanceof WaitTimeout)) throw error;
    });
    const views = await lookAtAll(network);
    const findings = judge({ journal: entries, refusals: {}, killed: [], ...views });
    const file = join(dirname(this.#lease.journal), VIEWS_FILE);
    await writeFile(file, `${JSON.stringify({ ...views, findings }, undefined, 2)}\n`);
    return findings;
  }

  /** An upgraded node is again what it was. */
  #here(operation: Operation): Operation {
    const releaseOf = (id: string): string => this.#node((node) => node.id === id, id).release;
    return { ...operation, fromRelease: releaseOf(operation.from), toRelease: releaseOf(operation.to) };
  }

  async #carryOutOne(operation: Operation): Promise<JournaledOperation> {
    await this.#journal.invoked(operation);
    const end = await this.#ask(operation);
    await this.#journal.ended(operation.id, end);
    return { operation, end };
  }

  async #ask(operation: Operation): Promise<OperationEnd> {
    const { notary: named, limitMs = this.#lease.limits.flow } = operation;
    const notary = this.#node(({ id, notary: is }) => (named === undefined ? is : id === named), named ?? 'notary');
    const payee = this.#node(({ id }) => id === operation.to, operation.to).party;
    const asked = { driver: this.#driverOf(operation.from), notary, payee, limitMs };
    try {
      const { transaction } = await askFor(operation, asked);
      return { result: 'ok', transaction };
    } catch (error) {
      this.#signal.throwIfAborted();
      // A try in which the harness fails tells nothing.
      if (markOf(error)?.about === 'harness') throw error;
      return endOf(error, limitMs);
    }
  }

  #driverOf(id: string): DriverClient {
    const driver = this.#drivers.get(id);
    if (!driver) throw new Error(`the network of ${this.#lease.cell} has no node ${id}`);
    return driver;
  }

  #node(is: (node: LeasedNode) => boolean, what: string): LeasedNode {
    const found = this.#lease.nodes.find(is);
    if (!found) throw new Error(`the network of ${this.#lease.cell} has no ${what}`);
    return found;
  }
}

/** The first to wait for it reports its failure; other waits ignore theirs. */
function kept<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** When aborted, what the abort was for tells more than the error it surfaced as. */
function wordsOf(error: unknown, signal: AbortSignal): string {
  const cause: unknown = signal.aborted ? signal.reason : error;
  return messageOf(cause);
}
