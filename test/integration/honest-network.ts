import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeNetwork } from '../../fixtures/fake-network.ts';
import type { Cell } from '../../src/harness/config/cell.ts';
import type { ProvisionedCell } from '../../src/harness/provision/provisioner.ts';

/** The topology of an honest network, for a cell's `topology`. */
export const HONEST_NODES = [
  { id: 'notary', party: 'O=Notary, L=London, C=GB', release: '4.8', notary: {} },
  { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8' },
  { id: 'party-b', party: 'O=PartyB, L=London, C=GB', release: '3.3-corda' },
] as const;

/** Milliseconds: limit of a flow and of all other waits. */
export const HONEST_LIMIT = 2_000;

export const FAULT_KINDS = [
  'driver fails before',
  'driver fails after',
  'node not reached before',
  'node not reached after',
  'driver speaks nonsense',
  'connection breaks',
  'driver stalls',
  'driver is gone',
  'hub fails',
  'disk takes no journal',
  'folder is gone',
  'worker is killed',
] as const;

/** A fault of the harness. The nodes stay honest. */
export interface HarnessFault {
  readonly kind: (typeof FAULT_KINDS)[number];
  /** Number of the request to the driver at which it happens. */
  readonly at: number;
  /** It lasts for so many requests, if it can pass. */
  readonly lasts: number;
}

interface Place {
  readonly folder: string;
  readonly faults: readonly HarnessFault[];
}

/** Nodes whose money is not real, but which do what they are asked; all that goes wrong is between them and the suites. */
export async function honestNetwork(
  cell: Cell,
  { folder, faults }: Place,
): Promise<Pick<ProvisionedCell, 'lease' | 'mark' | 'logsSince'> & { readonly close: () => void }> {
  mkdirSync(folder, { recursive: true });
  const { network, close } = await fakeNetwork(folder, HONEST_LIMIT);
  const { lease } = network;
  const target = lease.nodes[0]?.driver.url ?? '';
  let requests = 0;
  const isOn = (...kinds: readonly HarnessFault['kind'][]): boolean =>
    faults.some(({ kind, at, lasts }) => kinds.includes(kind) && requests >= at && requests < at + lasts);
  const begins = (kind: HarnessFault['kind']): boolean =>
    faults.some((one) => one.kind === kind && requests === one.at);

  const server = createServer((request, response) => {
    const answered = async (): Promise<void> => {
      const body = await text(request);
      requests++;
      if (begins('folder is gone')) rmSync(folder, { recursive: true, force: true });
      if (begins('worker is killed')) killWorkers();
      spoil(lease.journal, isOn('disk takes no journal'));
      if (begins('driver is gone')) return void end();
      if (isOn('connection breaks')) return void response.destroy();
      if (isOn('driver fails before')) return fail(response, 'driver');
      if (isOn('node not reached before')) return fail(response, 'rpc');
      if (isOn('driver speaks nonsense')) return void response.writeHead(418).end('I am a teapot');
      const answer = await fetch(target + (request.url ?? ''), { method: 'POST', body });
      const said = await answer.text();
      if (begins('driver stalls')) await sleep(2.5 * HONEST_LIMIT);
      if (isOn('driver fails after')) return fail(response, 'driver');
      if (isOn('node not reached after')) return fail(response, 'rpc');
      response.writeHead(answer.status).end(said);
    };
    // The network is gone while it answers.
    answered().catch(() => response.destroy());
  });
  const end = (): void => {
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tell = <T>(value: T): Promise<T> =>
    isOn('hub fails') ? Promise.reject(new Error('planted in the hub')) : Promise.resolve(value);
  return {
    lease: { ...lease, cell: cell.name, nodes: lease.nodes.map((node) => ({ ...node, driver: { url, token: '' } })) },
    mark: () => tell('0'),
    logsSince: () => tell([]),
    close: () => {
      end();
      close();
    },
  };
}

function fail(response: ServerResponse, kind: 'driver' | 'rpc'): void {
  response.writeHead(502).end(JSON.stringify({ kind, message: 'planted in the driver', chain: [] }));
}

/** A folder takes no lines. Its content is back when the fault has passed. */
function spoil(journal: string, isSpoilt: boolean): void {
  const aside = `${journal}.aside`;
  try {
    const wasSpoilt = readdirSync(join(journal, '..')).includes('journal.jsonl.aside');
    if (isSpoilt === wasSpoilt) return;
    if (isSpoilt) {
      renameSync(journal, aside);
      mkdirSync(journal);
    } else {
      rmSync(journal, { recursive: true });
      renameSync(aside, journal);
    }
  } catch {
    // There is no journal yet, or its folder is gone.
  }
}

/** All processes that vitest has forked. */
function killWorkers(): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  for (const child of children.filter((pid) => pid !== '')) process.kill(Number(child), 'SIGKILL');
}
