import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { About } from '../../src/harness/support/about.ts';
import type { CellReport } from '../../src/harness/judge/run-report.ts';
import { makeProject, type Project } from './vitest-run.ts';

/** Every kind of failure that a cell can have, each planted once, and whom it is about (docs/reading-a-failure.md, "Whose failure is it"). */

interface Planted {
  readonly about: About;
  readonly what: string;
  /** Statements of a test. `fake` is a network whose nodes and driver can be told to fail. */
  readonly code: string;
  /** How declarations name it, if not by its test. */
  readonly names?: readonly string[];
  readonly isBug?: true;
}

const LOST = `faults.set('party-a party-b', 'lose'); await a.issue(usd(900)); `;
const PAY_ALL = `await payAll({ network, payer: a, payee: b, amounts: [usd(101), usd(102)] });`;
const PAYS = '4.8 pays 3.3-corda without an ok';

const PLANTED: readonly Planted[] = [
  { about: 'releases', what: 'an assertion about what the network gave', code: `expect(1).toBe(2);` },
  { about: 'releases', what: 'an assertion of node:assert', code: `assert.equal(1, 2);` },
  { about: 'releases', what: 'an assertion that waits', code: `await expect.poll(() => 1, { timeout: 50 }).toBe(2);` },
  { about: 'releases', what: 'a snapshot', code: `expect('a').toMatchInlineSnapshot('"b"');` },
  {
    about: 'releases',
    what: "a flow's exception",
    code: `await a.issue(usd(500)); faults.set('party-a party-b', 'fail'); await a.pay(b, usd(100));`,
    names: [PAYS],
  },
  {
    about: 'releases',
    what: 'no answer of a node to a flow',
    code: `await a.issue(usd(500)); faults.set('party-a party-b', 'no-answer'); await a.pay(b, usd(100));`,
    names: [PAYS],
  },
  {
    about: 'releases',
    what: 'want of money',
    code: `await a.pay(b, usd(100));`,
    names: [`${PAYS}, for want of money`],
  },
  {
    about: 'releases',
    what: 'a coin that never arrives',
    code: LOST + PAY_ALL,
    names: ['lost-payment of 3.3-corda and 4.8'],
  },
  {
    about: 'releases',
    what: 'payments that fail',
    code: `faults.set('party-a party-b', 'fail'); await a.issue(usd(900)); ${PAY_ALL}`,
    names: [PAYS],
  },
  {
    about: 'releases',
    what: 'random trade that fails and loses money',
    code: `faults.set('party-a party-b', 'fail'); faults.set('party-b party-a', 'lose');
      const plan = planOperations({ seed: 1, operations: 30, parallel: 2, peers: [a.id, b.id] });
      await carryOut({ plan, peers: [a, b], pace: { parallel: 2 }, arrivalMs: 100 });`,
    names: [PAYS, 'vault-differs of 4.8'],
  },
  {
    about: 'releases',
    what: 'a finding of the oracle',
    code: LOST + `await a.pay(b, usd(100)); await new Vaults(network).mustAgree();`,
    names: ['conservation of 4.8', 'vault-differs of 3.3-corda', 'lost-payment of 3.3-corda and 4.8'],
  },
  {
    about: 'releases',
    what: 'a flow that does not end',
    code: `network.driverOf('party-a').flows = async () => ({ node: 'party-a', flows: [{ id: '1', flow: 'Pay' }], checkpoints: 1 });
      await new Vaults(network).untilQuiet(50);`,
  },
  {
    about: 'releases',
    what: "a node's own words",
    code: `log.push({ node: 'party-b', level: 'ERROR', text: 'corrupt' }); await health.mustHaveLoggedNoError();`,
  },
  {
    about: 'releases',
    what: 'a node that refuses to be upgraded',
    code: `await upgrade({ outcome: 'incompatible', step: 'schema', message: 'it refuses the data' });`,
  },
  {
    about: 'harness',
    what: 'a node that cannot be upgraded on this machine',
    code: `await upgrade({ outcome: 'blocked', step: 'start', message: 'no port is free' });`,
  },
  { about: 'harness', what: 'a driver that is gone', code: `fake.close(); await a.issue(usd(1));` },
  {
    about: 'harness',
    what: 'a driver that is gone while all pay',
    code: `await a.issue(usd(900)); fake.close(); ${PAY_ALL}`,
  },
  {
    about: 'harness',
    what: 'a driver that is gone, behind an assertion',
    code: `fake.close(); await expect(a.issue(usd(1))).resolves.toBeDefined();`,
  },
  {
    about: 'harness',
    what: 'a driver that fails itself',
    code: `await said({ kind: 'driver', message: 'no memory' }).vault('x');`,
  },
  {
    about: 'harness',
    what: 'a node that cannot be reached',
    code: `await said({ kind: 'rpc', message: 'gone' }).vault('x');`,
  },
  {
    about: 'harness',
    what: 'a look without an answer',
    code: `await said({ kind: 'no-answer', message: 'late' }).vault('x');`,
  },
  {
    about: 'harness',
    what: 'a request that the driver refuses',
    code: `await said({ kind: 'request', message: 'no such node' }).vault('x');`,
    isBug: true,
  },
  {
    about: 'harness',
    what: 'a node without memory',
    code: `await said({ kind: 'flow', message: 'it failed', chain: ['java.lang.OutOfMemoryError: Java heap space'] }).pay({ limitMs: 100 });`,
  },
  {
    about: 'harness',
    what: 'a node that logs that it has no memory',
    code: `log.push({ node: 'party-b', level: 'ERROR', text: 'OutOfMemoryError' }); await health.mustHaveLoggedNoError();`,
  },
  {
    about: 'harness',
    what: 'a heap that is full',
    code: `jvm({ heapMaxBytes: 10, heapLiveBytes: 9.5 }); await health.mustHaveHeap();`,
  },
  { about: 'harness', what: 'clocks that differ', code: `clock(60_000); await health.mustAgreeOnTime();` },
  {
    about: 'harness',
    what: "the hub's own error",
    code: `await takeLease({ ...inject('compat'), brief: { name: 'no such cell' } });`,
    isBug: true,
  },
  {
    about: 'harness',
    what: 'a hub that is gone',
    code: `await takeLease({ ...inject('compat'), socket: '/nowhere/hub' });`,
  },
  { about: 'harness', what: 'a journal on a full disk', code: `await new Journal('/dev/full').killed('party-a');` },
  {
    about: 'harness',
    what: 'a journal whose folder is gone',
    code: `await a.issue(usd(1)); rmSync(folder, { recursive: true }); await a.issue(usd(1));`,
  },
  {
    about: 'harness',
    what: 'a journal that cannot be read',
    code: `writeFileSync(network.journal.path, 'x\\ny\\n'); await network.journal.read();`,
  },
  {
    about: 'harness',
    what: 'views that cannot be written',
    code: `mkdirSync(join(folder, 'views.json')); await new Vaults(network).mustAgree();`,
  },
  { about: 'harness', what: 'a full disk under the suite', code: `writeFileSync('/dev/full', 'x');` },
  { about: 'harness', what: 'a test that vitest gives up', code: `await new Promise(() => {});` },
  { about: 'harness', what: 'a bug of the fixtures', code: `await payAll({});`, isBug: true },
  { about: 'suite', what: 'a bug of the suite', code: `undefined.x();` },
  { about: 'suite', what: 'a program that the suite starts', code: `execFileSync('false');` },
  { about: 'suite', what: 'a file that the suite misses', code: `readFileSync('/nowhere');` },
  { about: 'suite', what: 'a peer that the network does not have', code: `peerNamed(network, 'party-z');` },
  { about: 'suite', what: 'an error that is none', code: `throw 'just text';` },
  { about: 'suite', what: 'several errors at once', code: `await Promise.any([Promise.reject(new Error('one'))]);` },
];

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const from = (names: string, file: string): string =>
  `import { ${names} } from ${JSON.stringify(join(FIXTURES, file))};\n`;

const IMPORTS =
  from('carryOut, payAll, planOperations, usd, Lifecycle, Vaults', 'index.ts') +
  from('fakeNetwork', 'fake-network.ts') +
  from('peerNamed', 'network.ts') +
  from('Health', 'health.ts') +
  from('Journal', '../src/harness/trade/journal.ts') +
  from('DriverClient', '../src/harness/lease/driver-client.ts') +
  `import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
async function serving(answer, ...place) {
  const server = createServer((_, response) => response.writeHead(...answer.head).end(JSON.stringify(answer.body)));
  await new Promise((listening) => server.listen(...place, listening));
  onTestFinished(() => { server.closeAllConnections(); server.close(); });
  return server;
}
`;

/** A test with a fake network of its own. */
function testOf({ what, code }: Planted): string {
  return `test(${JSON.stringify(what)}, { timeout: 2_000 }, async () => {
  const folder = mkdtempSync(join(import.meta.dirname, '../tmp/'));
  const fake = await fakeNetwork(folder, 200);
  onTestFinished(() => fake.close());
  const { network, faults, log } = fake;
  const [a, b] = [peerNamed(network, 'party-a'), peerNamed(network, 'party-b')];
  const health = new Health(network, async () => {});
  const seen = (more) => { network.driverOf('party-a').health = async () => ({ clockOffsetMs: 0, ...more }); };
  const [jvm, clock] = [(jvm) => seen({ jvm }), (clockOffsetMs) => seen({ clockOffsetMs })];
  const driver = await serving({ head: [500], body: { kind: 'flow', message: 'unset' } }, 0, '127.0.0.1');
  const said = (body) => {
    driver.removeAllListeners('request');
    driver.on('request', (_, response) => response.writeHead(500).end(JSON.stringify(body)));
    return new DriverClient({ url: 'http://127.0.0.1:' + driver.address().port, token: '' });
  };
  const upgrade = async (failure) => {
    const socket = join(folder, 'hub');
    await serving({ head: [200], body: { ok: false, failure } }, socket);
    await new Lifecycle({ ...inject('compat'), socket }, { network, by: () => '' }).upgrade('party-a');
  };
  ${code}
});`;
}

let project: Project;
let cell: CellReport | undefined;

beforeAll(async () => {
  project = await makeProject({
    cells: ['4.5+4.8'],
    suites: {
      planted: IMPORTS + PLANTED.map(testOf).join('\n'),
      unreadable: `this is no program`,
      unloadable: `throw new Error('it cannot be loaded');`,
      hook: `beforeAll(() => expect('the vault').toBe('full')); test('waits', () => {});`,
      slow: `beforeAll(() => new Promise(() => {}), 200); test('waits', () => {});`,
    },
  });
  const run = await project.vitest(['run']).done();
  [cell] = (await run.report()).cells;
}, 180_000);
afterAll(() => project.remove());

test.for(PLANTED)('$what is about the $about', ({ what, about, isBug, names = [] }) => {
  const [error] = cell?.tests.find(({ name }) => name === what)?.errors ?? [];
  expect(error?.about, error?.message).toBe(about);
  expect(error?.isBug, error?.message).toBe(isBug);
  if (isBug) expect(error?.message).toContain('Report this bug');
  expect([...new Set(error?.failures?.map(({ name }) => name))].sort()).toEqual([...names].sort());
});

test.for<[string, About]>([
  ['unreadable', 'suite'],
  ['unloadable', 'suite'],
  ['hook', 'releases'],
  ['slow', 'harness'],
])('a file that fails as a whole, %s, is about the %s', ([suite, about]) => {
  const [error] = cell?.fileErrors.find(({ file }) => file === `suites/${suite}.test.ts`)?.errors ?? [];
  expect(error?.about, error?.message).toBe(about);
});
