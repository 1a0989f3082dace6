import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MANAGED_BY } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { BASELINE_FILE, parseBaseline } from '../../src/harness/trade/baseline-file.ts';
import { clusterEnv, describeWithEngineAndCluster } from '../rig/cluster-tests.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

const CELL = '4.8+4.10';
const MATRIX = { releases: releases('4.8', '4.10'), cordapps: finance('4.8') };
const WORKLOADS = ['4-8-notary', '4-8', '4-10', 'driver'];

// As a person does it who has kubectl: files are written, applied, scaled, tested, taken down.
describeWithEngineAndCluster('a network by hand', () => {
  const own = `compat-hand-${randomBytes(3).toString('hex')}`;
  const namespace = (name: string): string => `${own}-${name}`;
  const network = namespace('net');
  let place: Place;
  let env: Record<string, string>;

  beforeAll(async () => {
    env = { KUBECONFIG: clusterEnv().RIG_KUBECONFIG };
    place = await makePlace(MATRIX);
  });
  afterAll(async () => {
    const { stdout } = await kubectl('get', 'namespaces', '-o', 'name');
    const left = stdout.split('\n').filter((name) => name.startsWith(`namespace/${own}`));
    if (left.length > 0) await kubectl('delete', ...left);
    await place.remove();
    expect(left).toEqual([]);
  });

  const kubectl = async (...args: readonly string[]) => await execa(clusterEnv().RIG_KUBECTL, [...args], { env });
  const command = async (...args: readonly string[]): Promise<Finished> => await place.command(args, env).done();
  const config = (...args: readonly string[]) => command('config', '--out', join(place.folder, 'config'), ...args);

  /** Everything of a namespace and of the cluster that is of this test. */
  async function left(): Promise<readonly string[]> {
    const { stdout: namespaces } = await kubectl(
      'get',
      'namespaces',
      '-o',
      'name',
      '-l',
      `${MANAGED_BY.name}=${MANAGED_BY.value}`,
    );
    const { stdout: volumes } = await kubectl(
      'get',
      'pv',
      '-o',
      'jsonpath={range .items[*]}{.spec.claimRef.namespace}{"\\n"}{end}',
    );
    return [...namespaces.split('\n'), ...volumes.split('\n')].filter((name) => name.includes(own));
  }

  async function pods(): Promise<Readonly<Record<string, string>>> {
    const path =
      '{range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
    const { stdout } = await kubectl('get', 'pods', '-n', network, '-o', `jsonpath=${path}`);
    return Object.fromEntries(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line]));
  }

  test('config writes files that kubectl applies; scaled up, all suites pass on it, and it is still there', async () => {
    const wrote = await config('-n', network, '--replicas', '0');
    expect(wrote.code, wrote.output).toBe(0);
    const folder = join(place.folder, 'config');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await readdir(folder)).sort()).toEqual(
      ['.corda-compat', '00-namespace.yaml', 'namespace', ...WORKLOADS].sort(),
    );
    await kubectl('apply', '-f', join(folder, 'namespace'));
    for (const name of WORKLOADS) await kubectl('apply', '-f', join(folder, name));
    expect(await pods()).toEqual({ '': '' });
    // The second time says that nothing has changed.
    const { stdout } = await kubectl('apply', '-R', '-f', folder);
    expect(stdout.split('\n').filter((line) => !line.endsWith('unchanged'))).toEqual([]);
    await kubectl('scale', 'statefulset', ...WORKLOADS, '--replicas=1', '-n', network);
    const tested = await command('test', '--attach', network);
    const cell = await tested.cell(CELL);
    expect(cell.outcome, tested.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(cell.left).toMatchObject({ release: '4.8', version: '4.8' });
    expect(tested.code).toBe(0);
    expect(tested.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    const evidence = await readdir(join(place.folder, 'results', CELL), { recursive: true });
    expect(evidence).toEqual(
      expect.arrayContaining(['journal.jsonl', 'notary/console.log', 'party-a/node.conf', 'driver/console.log']),
    );
    expect(Object.keys(await pods()).sort()).toEqual(['4-10-0', '4-8-0', '4-8-notary-0', 'driver-0']);
  });

  test('health says how each node is, and how long each notarisation took', async () => {
    const { code, output } = await command('health', CELL);
    expect(output).toMatch(/^party-b +4\.10 +\d+ ms +12 +3 +1 +\S+ ms +\d+ of \d+ MB +\d+ of 10 +0 +0$/m);
    for (const peer of ['party-a +4\\.8', 'party-b +4\\.10']) {
      expect(output).toMatch(new RegExp(`^notary +4\\.8 +${peer} +\\d+ ms$`, 'm'));
    }
    expect(output).toContain('All is well.');
    expect(code).toBe(0);
    const asJson = await command('health', '-n', network, '--json');
    expect(asJson.output).toContain('"heapLiveBytes"');
    expect(asJson.code).toBe(0);
  });

  test('a network that has traded is judged again, by what comes since, and attaching leaves its Pods alone', async () => {
    const before = await pods();
    const twoCells = join(place.folder, 'two-cells.json');
    const pairs = [CELL, '4.8+4.8'].map((cell) => cell.split('+'));
    await writeFile(twoCells, JSON.stringify({ ...MATRIX, pairs }));
    const again = await place.command(['test', '--attach', network], { ...env, COMPAT_MATRIX: twoCells }).done();
    const cell = await again.cell(CELL);
    expect(cell.outcome, again.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(again.code).toBe(0);
    expect(again.lastLine).toMatch(/^\d+ passed, 0 failed, 1 skipped$/);
    expect(await again.cell('4.8+4.8')).toMatchObject({
      outcome: 'skipped',
      because: `namespace ${network} (COMPAT_ATTACH) has the network of ${CELL}`,
    });
    expect(again.output).toMatch(/the network has traded before \(party-a knows \d+ transactions, party-b knows \d+/);
    const baseline = parseBaseline(await readFile(join(place.folder, 'results', CELL, BASELINE_FILE), 'utf8'));
    expect(baseline.vaults.flatMap(({ states }) => states).length).toBeGreaterThan(0);
    expect(await pods()).toEqual(before);
  });

  test('what is not there or not ours is told, and nothing is touched', async () => {
    const taken = namespace('taken');
    await kubectl('create', 'namespace', taken);
    const other = await makePlace({ releases: releases('4.5', '4.8'), cordapps: finance('4.5') });
    try {
      const cases = [
        [await command('up', '-n', taken), `there is a namespace ${taken} already`],
        [await command('up', '-n', network), `there is a namespace ${network} already`],
        [await command('health', '-n', taken), 'has no Secret corda-compat-attach'],
        [await command('health', '4.5+4.8'), 'has no network of 4.5+4.8'],
        [await command('down', '-n', taken), 'holds nothing with our labels'],
        [await command('down', '-n', namespace('nope')), 'there is no namespace'],
        [await command('test', '--attach', namespace('nope')), 'there is no namespace'],
        [await command('test', '--attach', taken), 'has no Secret corda-compat-attach'],
        [
          await other.command(['test', '--attach', network], env).done(),
          `has the network of ${CELL}, which is no cell of the matrix: 4.5+4.8`,
        ],
      ] as const;
      for (const [{ code, output }, words] of cases) {
        expect(output).toContain(words);
        expect(code).toBe(1);
      }
    } finally {
      await kubectl('delete', 'namespace', taken);
      await other.remove();
    }
  });

  test('what keeps Pods there is as the matrix says, unless the command line says otherwise', async () => {
    const kubernetes = { workload: 'deployment' };
    const other = await makePlace({ releases: releases('4.8', '4.10'), cordapps: finance('4.8'), kubernetes });
    try {
      const folder = join(other.folder, 'config');
      const kinds = async (...flags: readonly string[]): Promise<readonly string[]> => {
        const args = ['config', '-n', namespace('kinds'), '--replicas', '0', '--out', folder, ...flags];
        const { code, output } = await other.command(args, env).done();
        expect(code, output).toBe(0);
        const { stdout } = await kubectl('apply', '-R', '-f', folder, '--dry-run=client', '-o', 'name');
        return stdout
          .split('\n')
          .filter((name) => /\.apps\//.test(name))
          .sort();
      };
      expect(await kinds()).toEqual(WORKLOADS.map((name) => `deployment.apps/${name}`).sort());
      const asked = await kinds('--workload', 'statefulset');
      expect(
        asked.every((name) => name.startsWith('statefulset.apps/')),
        asked.join(),
      ).toBe(true);
    } finally {
      await other.remove();
    }
  });

  test('who may not read the Secret is told so; the documented Role is enough', async () => {
    await kubectl('create', 'serviceaccount', 'nobody', '-n', network);
    const { stdout: token } = await kubectl('create', 'token', 'nobody', '-n', network);
    const { stdout: raw } = await kubectl('config', 'view', '--raw', '--minify', '-o', 'json');
    const view = JSON.parse(raw) as { users: { user: object }[] };
    const [first] = view.users;
    if (first) first.user = { token };
    const file = join(place.folder, 'nobody.json');
    await writeFile(file, JSON.stringify(view), { mode: 0o600 });
    const refused = await place.command(['test', '--attach', network], { KUBECONFIG: file }).done();
    expect(refused.output).toMatch(/this user may not do it \(403\)/);
    expect(refused.code).toBe(1);
    const role = await documentedRole();
    await execa(clusterEnv().RIG_KUBECTL, ['apply', '-f', '-'], { env, input: role.replace('team-corda', network) });
    const whom = ['--role=corda-compat-attach', `--serviceaccount=${network}:nobody`, '-n', network];
    await kubectl('create', 'rolebinding', 'nobody', ...whom);
    const allowed = await place.command(['test', '--attach', network, 'suites/issue'], { KUBECONFIG: file }).done();
    expect((await allowed.cell(CELL)).outcome, allowed.output).toBe('compatible');
    await kubectl('delete', 'role/corda-compat-attach', 'rolebinding/nobody', '-n', network);
    await kubectl('delete', 'serviceaccount', 'nobody', '-n', network);
  });

  test('down leaves what somebody else has put there, and the namespace with it', async () => {
    const shared = namespace('shared');
    const wrote = await config('-n', shared, '--replicas', '0');
    expect(wrote.code, wrote.output).toBe(0);
    await kubectl('apply', '-R', '-f', join(place.folder, 'config'));
    await kubectl('create', 'configmap', 'somebodys', '-n', shared, '--from-literal=a=b');
    const down = await command('down', '-n', shared);
    expect(down.output).toMatch(/the namespace stays: it holds 1 of other owners \(ConfigMap somebodys\)/);
    expect(down.code).toBe(0);
    const { stdout } = await kubectl(
      'get',
      'all,configmaps,secrets,pvc,networkpolicies,resourcequotas',
      '-n',
      shared,
      '-o',
      'name',
    );
    expect(stdout.split('\n').sort()).toEqual(['configmap/kube-root-ca.crt', 'configmap/somebodys']);
    await kubectl('delete', 'configmap', 'somebodys', '-n', shared);
    expect((await command('down', '-n', shared)).output).toContain('the namespace with nothing in it');
  });

  test('down --dry-run changes nothing, down removes it all, with its volumes', async () => {
    const before = await pods();
    const dry = await command('down', CELL, '--dry-run');
    expect(dry.output).toMatch(new RegExp(`would-remove +namespace ${network}: the namespace with .*4 StatefulSet`));
    expect(await pods()).toEqual(before);
    const down = await command('down', '-n', network);
    expect(down.output).toMatch(new RegExp(`removed +namespace ${network}`));
    expect(down.code).toBe(0);
    expect(await left()).toEqual([]);
    expect(await place.leftovers(0)).toEqual([]);
  });
});

async function documentedRole(): Promise<string> {
  const docs = await readFile(join(import.meta.dirname, '../../docs/kubernetes-by-hand.md'), 'utf8');
  const [, role] = /```yaml role to attach\n([^]*?)```/.exec(docs) ?? [];
  if (role === undefined) throw new Error('docs/kubernetes-by-hand.md has no "yaml role to attach"');
  return role;
}
