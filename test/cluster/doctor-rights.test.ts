import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../src/cli/doctor/check.ts';
import { rightsCheck } from '../../src/cli/doctor/kubernetes/rights-check.ts';
import { HOLD, holdManifest } from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import {
  GIVEN_RIGHTS,
  leastRights,
  RIGHTS,
  rightWords,
  WAYS,
  type Right,
} from '../../src/harness/providers/kubernetes/rights.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { examineCluster } from '../rig/cluster-doctor.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterUser, namespacedUser, type ClusterUser } from '../rig/cluster-user.ts';

// What the doctor says of rights, against a real cluster that grants and refuses them.

const ROOT = resolve(import.meta.dirname, '../..');

test('--rights prints what the documentation has', async () => {
  const { stdout } = await execa('node', [join(ROOT, 'bin/corda-compat.js'), 'doctor', '--rights'], { cwd: tmpdir() });
  const docs = await readFile(join(ROOT, 'docs/kubernetes-setup.md'), 'utf8');
  expect(docs).toContain(`\`\`\`yaml rights\n${stdout}\n\`\`\``);
});

test('--rights prints what the documentation has for a namespace that is given, and wants to know for whom', async () => {
  const options = { cwd: tmpdir(), env: { COMPAT_NAMESPACES: 'team-a' }, reject: false } as const;
  const bin = join(ROOT, 'bin/corda-compat.js');
  const { stdout } = await execa('node', [bin, 'doctor', '--rights', '--user', 'me'], options);
  const docs = await readFile(join(ROOT, 'docs/kubernetes-setup.md'), 'utf8');
  expect(docs).toContain(`\`\`\`yaml rights of team-a\n${stdout}\n\`\`\``);
  expect(stdout).not.toContain('ClusterRole');
  const { exitCode, stderr } = await execa('node', [bin, 'doctor', '--rights'], options);
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/add --user NAME/)]);
});

describeWithCluster('doctor', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-rights-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe('rights', () => {
    let user: ClusterUser;
    beforeAll(async () => {
      user = await clusterUser(RIGHTS);
    });
    afterAll(() => user.remove());

    test('exactly those of the table are enough for all that the doctor tries', async () => {
      const { checks, named } = await examineCluster(folder, { KUBECONFIG: user.kubeconfig });
      expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
      expect(named('cluster')?.found).toContain(`answers ${user.name}`);
    });

    test('each that is missing is told by name, and no other', async () => {
      const cluster = await clusterAt({ kubeconfig: user.kubeconfig });
      for (const lost of rounds(leastRights())) {
        await user.allow(RIGHTS.map((each) => without(each, lost.get(each))));
        const words = [...lost].map(([right, verb]) => `: ${rightWords(right, verb)} (${right.why})`);
        const check = await checkThatTells(words, () => rightsCheck({ cluster, user: user.name }));
        expect(check.state).toBe(stateWithout([...lost.keys()]));
      }
    });

    test('drivers are reached by port-forward, otherwise by the service proxy, otherwise not: both are told', async () => {
      const wayWithout = async (...resources: readonly string[]) => {
        await user.allow(RIGHTS.filter(({ resource }) => !resources.includes(resource)));
        return (await examineCluster(folder, { KUBECONFIG: user.kubeconfig })).named;
      };
      const forward = (await wayWithout())('way to drivers');
      expect(forward).toMatchObject({ state: 'ok', found: 'port-forward through the API server' });
      const proxied = await wayWithout(WAYS['port-forward']);
      expect(proxied('way to drivers')?.found).toMatch(/^service proxy of the API server/);
      expect([proxied('way to drivers')?.state, proxied('rights')?.state]).toEqual(['ok', 'ok']);
      const none = await wayWithout(...Object.values(WAYS));
      expect(none('way to drivers')?.state).toBe('missing');
      expect(none('way to drivers')?.found).toMatch(
        /^none: .*port-forward.* service proxy.*pods\/portforward.*services\/proxy/,
      );
      expect(none('rights')?.tried).toEqual([
        expect.stringMatching(
          /: get pods\/portforward, create pods\/portforward \(.*; or in its place get services\/proxy/,
        ),
      ]);
    });

    test('of a user who has none: nothing is tried, and what grants them', async () => {
      await user.allow([]);
      const { named } = await examineCluster(folder, { KUBECONFIG: user.kubeconfig });
      const [, namespace = '', account = ''] = /serviceaccount:(.*):(.*)/.exec(user.name) ?? [];
      expect(named('rights')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(/ has 0 of the \d+ rights/) as string,
      });
      expect(named('rights')?.mend).toContain(
        `--clusterrole=corda-compat-cell --serviceaccount=${namespace}:${account}`,
      );
      expect(named('trial')?.found).toMatch(
        /neither a volume nor a pull was tried: this user may not create namespaces/,
      );
    });
  });
});

describeWithCluster('doctor, in namespaces that are given', () => {
  const names = [1, 2].map((number) => `doctor-given-${process.pid}-${number}`);
  const env = (kubeconfig: string) => ({ KUBECONFIG: kubeconfig, COMPAT_NAMESPACES: names.join() });
  let folder: string;
  let admin: Cluster;
  let user: ClusterUser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-given-'));
    admin = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
    for (const name of names) await admin.core.createNamespace({ body: { metadata: { name } } });
    user = await namespacedUser(names);
  });
  afterAll(async () => {
    await user.remove();
    for (const name of names) await admin.core.deleteNamespace({ name });
    await rm(folder, { recursive: true });
  });

  test('exactly those of the table are enough for all that it tries, in one that is free', async () => {
    const [first = '', second = ''] = names;
    const hold = holdManifest({ namespace: first, space: 'x', cell: '4.8+4.10', created: '', owner: 'nobody' });
    await admin.core.createNamespacedConfigMap({ namespace: first, body: hold });
    const { checks, named, notes } = await examineCluster(folder, env(user.kubeconfig));
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(named('rights')?.found).toContain(`${user.name} has 110 of the 110 rights`);
    expect(named('namespaces')?.found).toMatch(
      new RegExp(`${first} is held, and its hold names no owner.*\n${second} is free`),
    );
    expect(named('storage class')?.found).toMatch(/this user may not list the classes\): made a volume of 1 MiB$/);
    expect(notes.at(-1)).toBe(`removing the trial objects from the namespace ${second}`);
    await admin.core.deleteNamespacedConfigMap({ namespace: first, name: HOLD });
    const { items } = await admin.core.listNamespacedConfigMap({ namespace: second });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['kube-root-ca.crt']);
  });

  test('where all are held nothing is tried, and who holds them is said', async () => {
    for (const namespace of names) {
      const hold = holdManifest({ namespace, space: 'x', cell: '4.8+4.10', created: '', owner: 'nobody' });
      await admin.core.createNamespacedConfigMap({ namespace, body: hold });
    }
    const { named } = await examineCluster(folder, env(user.kubeconfig));
    expect(named('namespaces')).toMatchObject({ state: 'warning' });
    expect(named('trial')).toMatchObject({
      state: 'warning',
      found: expect.stringMatching(
        /neither a volume nor a pull was tried: a free namespace .* is held, and its hold names no owner/,
      ) as string,
    });
    for (const namespace of names) await admin.core.deleteNamespacedConfigMap({ namespace, name: HOLD });
  });

  test('each that is missing is told with its namespace, and what grants it', async () => {
    const cluster = await clusterAt({ kubeconfig: user.kubeconfig });
    for (const lost of rounds(leastRights(GIVEN_RIGHTS)).slice(0, 2)) {
      await user.allow(GIVEN_RIGHTS.map((each) => without(each, lost.get(each))));
      const words = names.flatMap((name) =>
        [...lost].map(([right, verb]) => `missing in the namespace ${name}: ${rightWords(right, verb)} (`),
      );
      const check = await checkThatTells(words, () => rightsCheck({ cluster, user: user.name }, names));
      expect(check.state).toBe(stateWithout([...lost.keys()]));
      expect(check.mend).toContain(
        `COMPAT_NAMESPACES=${names.join()} npx corda-compat doctor --rights --user '${user.name}'`,
      );
    }
  });
});

/** Each verb of each right in one round. A round takes one verb away from every other right, so that its neighbours stay. */
function rounds(rights: readonly Right[]): readonly ReadonlyMap<Right, string>[] {
  const most = Math.max(...rights.map(({ verbs }) => verbs.length));
  const all = Array.from({ length: most }, (_, at) =>
    [0, 1].map((half) => {
      const lost = rights.filter(({ verbs }, index) => index % 2 === half && at < verbs.length);
      return new Map(lost.map((right) => [right, right.verbs[at] ?? '']));
    }),
  );
  return all.flat().filter(({ size }) => size > 0);
}

/** A cluster takes a moment until it goes by changed roles. */
async function checkThatTells(words: readonly string[], look: () => ReturnType<typeof rightsCheck>): Promise<Check> {
  const probe = async () => {
    const { check } = await look();
    const lines = check.tried ?? [];
    const done = lines.length === words.length && words.every((each) => lines.some((line) => line.includes(each)));
    return done ? { done, value: check } : { done: false as const, last: JSON.stringify(lines) };
  };
  return await waitUntil(probe, { name: `words of ${words.join(', ')}`, limit: 60_000 });
}

function stateWithout(lost: readonly Right[]): Check['state'] {
  return lost.every(({ otherwise }) => otherwise !== undefined) ? 'warning' : 'missing';
}

function without(right: Right, verb: string | undefined): Right {
  return { ...right, verbs: right.verbs.filter((each) => each !== verb) };
}
