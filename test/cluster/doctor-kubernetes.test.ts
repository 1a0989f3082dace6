import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { chosenOf } from '../../src/cli/doctor/kubernetes/place-checks.ts';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { sweepCluster } from '../../src/harness/cleanup/sweep-containers.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { doctorEnvironment, examineCluster } from '../rig/cluster-doctor.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { kubeconfigText } from '../rig/cluster-user.ts';
import { pushSmallImage } from '../rig/small-image.ts';

// The doctor of clusters on a real one: what it says of a cluster that is well, and of each that is not.

const BIN = resolve(import.meta.dirname, '../../bin/corda-compat.js');

test('a class is the one named, the default, or told to be missing', () => {
  const classes = [{ metadata: { name: 'fast' }, provisioner: 'x' }];
  expect(chosenOf(classes, 'fast')).toMatchObject({ kind: 'class' });
  expect(chosenOf(classes, undefined)).toMatchObject({
    check: {
      state: 'missing',
      found: 'no storage class is the default, and COMPAT_STORAGE_CLASS names none; there are: fast',
      mend: 'export COMPAT_STORAGE_CLASS=fast',
    },
  });
  expect(chosenOf([], undefined)).toMatchObject({
    check: { found: expect.stringMatching(/the cluster has none/) as string },
  });
});

describeWithCluster('doctor', () => {
  let folder: string;
  let admin: Cluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-kubernetes-'));
    admin = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /** Namespaces of doctors of this process. */
  async function left(): Promise<readonly string[]> {
    const { items } = await admin.core.listNamespace({ labelSelector: `${K8S_LABEL.cell}=doctor` });
    const ours = items.filter(({ metadata }) =>
      metadata?.annotations?.['corda-compat.owner']?.includes(`"pid":${process.pid},`),
    );
    return ours.map(({ metadata }) => metadata?.name ?? '');
  }

  test('a cluster that is well: a volume is made and an image of ours pulled, and nothing stays', async () => {
    const line = await pushSmallImage('corda-compat-healthcheck', folder);
    const cwd = join(folder, 'published');
    await mkdir(join(cwd, 'built'), { recursive: true });
    await writeFile(join(cwd, 'built/node-images.txt'), `elsewhere.example/corda-compat-node:1@sha256:0\n${line}\n`);
    const { checks, named, notes } = await examineCluster(cwd);
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(named('cluster')?.found).toMatch(
      /^context \S+ of kubeconfig \S+ \(https:\S+\): Kubernetes v1\.\d+\.\d+ answers \S+$/,
    );
    expect(named('storage class')?.found).toMatch(/\(the default; .*\): made a volume of 1 MiB$/);
    expect(named('regsecret')?.found).toMatch(
      /^regsecret is made in each namespace for \S+ at \S+; the cluster pulled \S+\/corda-compat-healthcheck@sha256:[0-9a-f]{64}$/,
    );
    expect(notes[0]).toMatch(/^trying a claim of 1 MiB and a Pod of \S+ in the namespace corda-compat-\S+-doctor/);
    expect(await left()).toEqual([]);
  });

  describe('where no cluster is reached, that is all it says', () => {
    test('no kubeconfig', async () => {
      const { stdout } = await cli({ KUBECONFIG: undefined, HOME: folder });
      expect(stdout).toMatch(/^missing {2}cluster .*there is no kubeconfig: KUBECONFIG is not set/m);
      expect(stdout).toMatch(/mend: set KUBECONFIG to the file of your cluster/);
    });

    test('an unknown context, with one that is near', async () => {
      const file = join(folder, 'contexts');
      await writeFile(file, kubeconfigText({ server: 'https://127.0.0.1:1' }, ''));
      const { checks } = await examineCluster(folder, { KUBECONFIG: file, COMPAT_CONTEXT: 'rig-tset' });
      expect(checks).toMatchObject([
        { name: 'cluster', state: 'missing', mend: expect.stringMatching(/^did you mean rig-test\?/) as string },
      ]);
    });

    test('credentials that it does not take any more', async () => {
      const file = join(folder, 'stale');
      await writeFile(file, kubeconfigText(admin.config.getCurrentCluster(), 'not.a.token'));
      const { checks } = await examineCluster(folder, { KUBECONFIG: file });
      expect(checks).toMatchObject([
        {
          state: 'missing',
          found: expect.stringMatching(/\(401\)/) as string,
          mend: expect.stringMatching(/^renew the credentials of context rig-test/) as string,
        },
      ]);
    });

    test('nobody there', async () => {
      const file = join(folder, 'nobody');
      await writeFile(file, kubeconfigText({ server: 'https://127.0.0.1:1' }, ''));
      const { checks } = await examineCluster(folder, { KUBECONFIG: file });
      expect(checks).toMatchObject([
        { state: 'missing', found: expect.stringMatching(/does not answer \(.*ECONNREFUSED/) as string },
      ]);
    });
  });

  describe('a registry that the cluster', () => {
    test('has an account at with another password: 401', async () => {
      const { named } = await examineCluster(folder, { COMPAT_REGISTRY_PASSWORD: 'wrong' });
      expect(named('regsecret')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(/refuses pulls by compat with this password/) as string,
      });
      expect(named('regsecret')?.tried?.join()).toMatch(/401|[Uu]nauthorized|denied/);
      expect(await left()).toEqual([]);
    });

    test('does not reach', async () => {
      const { named } = await examineCluster(folder, { COMPAT_REGISTRY: '127.0.0.1:1' });
      expect(named('regsecret')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(/does not reach the registry 127\.0\.0\.1:1$/) as string,
      });
      expect(named('regsecret')?.tried?.join()).toMatch(/refused/);
    });

    test('reaches, and that has no image of ours: how to get one', async () => {
      const { named } = await examineCluster(folder);
      expect(named('regsecret')).toMatchObject({
        state: 'ok',
        found: expect.stringMatching(/has no image of this project to pull yet/) as string,
      });
      expect(named('regsecret')?.mend).toMatch(/^npx corda-compat build healthcheck/);
    });

    test('is not named', async () => {
      const { named } = await examineCluster(folder, { COMPAT_REGISTRY: undefined });
      expect(named('regsecret')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(/set COMPAT_REGISTRY/) as string,
      });
    });
  });

  describe('a storage class', () => {
    test('that there is not: which there are', async () => {
      const { items } = await admin.config.makeApiClient(admin.client.StorageV1Api).listStorageClass();
      const there = items[0]?.metadata?.name ?? '';
      const { named } = await examineCluster(folder, { COMPAT_STORAGE_CLASS: `${there}x` });
      const found = new RegExp(`^there is no storage class ${there}x .*there are: .*${there}`);
      expect(named('storage class')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(found) as string,
        mend: `export COMPAT_STORAGE_CLASS=${there}`,
      });
    });

    test('whose provisioner is not there: what the claim waits for', async () => {
      const name = `nobody-${process.pid}`;
      const api = admin.config.makeApiClient(admin.client.StorageV1Api);
      const body = {
        metadata: { name },
        provisioner: 'nobody.example/none',
        volumeBindingMode: 'WaitForFirstConsumer',
      };
      await api.createStorageClass({ body });
      onTestFinished(async () => void (await api.deleteStorageClass({ name })));
      const { named } = await examineCluster(folder, { COMPAT_STORAGE_CLASS: name });
      expect(named('storage class')?.state).toBe('missing');
      expect(named('storage class')?.tried?.join()).toMatch(/the claim is Pending: .*nobody\.example\/none/s);
      expect(await left()).toEqual([]);
    });
  });

  test('an interrupt ends it with its reason, and what it made goes', async () => {
    const interrupt = new AbortController();
    const onNote = (): void => void setTimeout(() => interrupt.abort(new Error('interrupted by SIGINT')), 1_500);
    await expect(examineCluster(folder, {}, { signal: interrupt.signal, onNote })).rejects.toThrow(
      'interrupted by SIGINT',
    );
    expect(await left()).toEqual([]);
  });

  test('what one left that was killed is found by the next, and by a sweep', async () => {
    const cwd = await matrixFolder();
    const doctor = execa('node', [BIN, 'doctor'], { cwd, env: doctorEnvironment({}), reject: false });
    let said = '';
    doctor.stderr.on('data', (chunk) => (said += String(chunk)));
    const namespace = await waitUntil(
      async () => {
        const name = /in the namespace (\S+-doctor)/.exec(said)?.[1];
        const found = name === undefined ? [] : (await admin.core.listNamespace()).items;
        const there = found.some(({ metadata }) => metadata?.name === name);
        return there && name !== undefined ? { done: true, value: name } : { done: false, last: said };
      },
      { name: 'the namespace of a doctor', limit: 60_000 },
    );
    doctor.kill('SIGKILL');
    await doctor;
    const { named } = await examineCluster(folder);
    expect(named('left in cluster')).toMatchObject({ state: 'warning', mend: 'npx corda-compat sweep' });
    expect(named('left in cluster')?.tried?.join()).toContain(namespace);
    const swept = await sweepCluster(admin, { dryRun: false });
    expect(swept.find(({ path }) => path === `namespace ${namespace}`)?.state).toBe('removed');
  });

  async function matrixFolder(): Promise<string> {
    const cwd = join(folder, 'matrix');
    await mkdir(cwd, { recursive: true });
    const releases = { '4.8': { maven: '4.8' }, '4.10': { maven: '4.10' } };
    await writeFile(join(cwd, 'matrix.json'), JSON.stringify({ releases, provider: 'kubernetes' }));
    return cwd;
  }

  async function cli(env: Readonly<Record<string, string | undefined>>) {
    const all = Object.entries(doctorEnvironment(env)).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const options = {
      cwd: await matrixFolder(),
      env: Object.fromEntries(all),
      extendEnv: false,
      reject: false,
    } as const;
    return await execa('node', [BIN, 'doctor'], options);
  }
});
