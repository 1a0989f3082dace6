import type { NodeRole } from '../src/harness/corda/topology.ts';
import { DriverClient } from '../src/harness/lease/driver-client.ts';
import { bringUp } from '../src/harness/provision/nodes.ts';
import { jvmOptions } from '../src/harness/provision/jvm-options.ts';
import { textTable } from '../src/harness/report/terminal.ts';
import { startDrivers } from '../src/harness/provision/drivers.ts';
import { partsOf } from '../src/harness/provision/parts.ts';
import { mintZone, type CellZone } from '../src/harness/provision/zone.ts';
import { h2Databases } from '../src/harness/provision/databases.ts';
import { startInProcess, type InProcess } from './driver/in-process.ts';
import { circumstances, withBench, type Bench } from './lib/bench.ts';
import { median, spread, timed, verdict } from './lib/figures.ts';
import { RPC_USER, withSpace } from './lib/network.ts';

const CELL = '4.8+4.10';
const ROUNDS = 5;
const PAYMENTS = 40;
const IN_FLIGHT = [1, 4] as const;
/** More than are in flight, so that no payment waits for another one's coin. */
const COINS = 12;
const CURRENCY = 'USD';
const LIMIT_MS = 60_000;
const GOAL = 0.95;

interface Rates {
  readonly driver: number[];
  readonly inProcess: number[];
}

/** `[--rounds N]`: payments per second through the driver, and without it, in turn, on one network. */
export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(args[at + 1]);
  await withBench((bench) => withSpace(bench, bench.cell(CELL), (zone) => measure(bench, zone, rounds)));
  console.log(circumstances());
}

async function measure(bench: Bench, zone: CellZone, rounds: number): Promise<void> {
  const driver = await tradingNetwork(bench, zone);
  const inProcess = await startInProcess(bench, zone);
  const [payer, payee] = zone.cell.topology.nodes.filter(({ notary }) => !notary);
  if (!payer || !payee) throw new Error(`${CELL} needs two peers`);
  await issueCoins(driver, zone, payer);
  const rows = [];
  for (const inFlight of IN_FLIGHT) {
    const pay = () =>
      driver.pay({ node: payer.id, to: payee.party, amount: 100, currency: CURRENCY, limitMs: LIMIT_MS });
    const rates = await alternate(bench, { rounds, inFlight, pay, inProcess });
    const ratio = median(rates.driver) / median(rates.inProcess);
    const what = `${inFlight} in flight`;
    rows.push([what, spread(rates.inProcess, 2), spread(rates.driver, 2), `${(100 * ratio).toFixed(1)} %`]);
    bench.say(verdict(what, `${(100 * ratio).toFixed(1)} %`, `≥ ${100 * GOAL} %`, ratio >= GOAL));
  }
  inProcess.stop();
  const head = [`payments a second, party-a (4.8) to party-b (4.10)`, 'over RPC', 'through the driver', 'ratio'];
  console.log(['', ...textTable(head, rows)].join('\n'));
}

/** Blocks of both kinds in the order A B B A: growth over time affects both alike. */
async function alternate(
  bench: Bench,
  input: { rounds: number; inFlight: number; pay: () => Promise<unknown>; inProcess: InProcess },
): Promise<Rates> {
  const { rounds, inFlight, pay, inProcess } = input;
  const rates: Rates = { driver: [], inProcess: [] };
  const throughDriver = async () => (await timed(() => payAll(pay, inFlight))).seconds;
  const overRpc = () => inProcess.block(PAYMENTS, inFlight);
  bench.say(`${inFlight} in flight: warming up`);
  await throughDriver();
  await overRpc();
  for (let round = 1; round <= rounds; round += 1) {
    const order = ['inProcess', 'driver'] as const;
    for (const kind of round % 2 === 0 ? order : order.toReversed()) {
      const seconds = await (kind === 'driver' ? throughDriver() : overRpc());
      rates[kind].push(PAYMENTS / seconds);
    }
    const words = order.map((kind) => `${kind} ${rates[kind].at(-1)?.toFixed(2)}/s`);
    bench.say(`${inFlight} in flight, round ${round} of ${rounds}: ${words.join(', ')}`);
  }
  return rates;
}

async function payAll(pay: () => Promise<unknown>, inFlight: number): Promise<void> {
  let left = PAYMENTS;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await pay();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

async function issueCoins(driver: DriverClient, { cell }: CellZone, { id: node }: NodeRole): Promise<void> {
  const notary = cell.topology.nodes.find((role) => role.notary)?.party ?? '';
  for (let coin = 0; coin < COINS; coin += 1) {
    await driver.issue({ node, amount: 1_000_000, currency: CURRENCY, notary, limitMs: LIMIT_MS });
  }
}

/** Minted, started and connected as a run does it; the driver ends with the space. */
async function tradingNetwork(bench: Bench, zone: CellZone): Promise<DriverClient> {
  const { cell, parts, space, evidence, signal } = zone;
  const { provider } = bench;
  const databases = h2Databases(zone);
  const drivers = await startDrivers({ cell, parts, provider, space, databases, evidence, signal });
  await mintZone(zone);
  const nodeArgs = await databases.lay();
  const launches = cell.topology.nodes.map((node) => {
    const { kit, runtime } = partsOf(parts, node);
    const own = ['--no-local-shell', ...(nodeArgs.get(node.id) ?? [])];
    return { node: node.id, kit, runtime, jvmArgs: jvmOptions(cell.jvm, kit), nodeArgs: own };
  });
  await bringUp({ cell, provider, space, launches, signal, say: (text) => bench.say(text) });
  const { nodes } = cell.topology;
  await Promise.all(nodes.map((node) => drivers.connect(node, RPC_USER)));
  const [first] = nodes;
  if (!first) throw new Error(`${cell.name} has no node`);
  return new DriverClient(drivers.of(first), signal);
}
