import Docker from 'dockerode';
import { execa } from 'execa';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { CLUSTER_ROOT, kubeconfigFor, startComponent, stopComponent } from '../rig/cluster-rig.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { rigEnv } from '../rig/docker-tests.ts';
import { kubectl, tryKubectl } from '../rig/kubectl.ts';
import { pushPodImage } from '../rig/pod-image.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const SPACE = `rig-test-${process.pid}`;
const READY_LIMIT = 'timeout=90s';

describeWithCluster('the cluster', () => {
  let image = '';

  beforeAll(async () => {
    const { DOCKER_HOST: host } = rigEnv();
    image = await pushPodImage(new Docker({ socketPath: host.slice('unix://'.length) }), `pods-${process.pid}`);
    await kubectl(['create', 'namespace', SPACE]);
    await kubectl(['--namespace', SPACE, ...secret()]);
  });

  afterAll(async () => {
    await kubectl(['delete', 'namespace', SPACE, '--ignore-not-found', '--wait=true', `--${READY_LIMIT}`]);
  });

  const inSpace = async (...args: readonly string[]): Promise<string> => kubectl(['--namespace', SPACE, ...args]);
  const create = async (...objects: readonly object[]): Promise<void> => {
    await kubectl(['--namespace', SPACE, 'apply', '-f', '-'], { input: objects });
  };

  function secret(): readonly string[] {
    const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: user, COMPAT_REGISTRY_PASSWORD: password } = rigEnv();
    const login = [`--docker-server=${address}`, `--docker-username=${user}`, `--docker-password=${password}`];
    return ['create', 'secret', 'docker-registry', 'registry', ...login];
  }

  function pod(name: string, changes: object = {}): object {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: name } },
      spec: {
        imagePullSecrets: [{ name: 'registry' }],
        // The shell, as first process, would not hear that it shall end.
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'it', image, command: ['/bin/sleep', '600'] }],
        ...changes,
      },
    };
  }

  test('has a node that takes pods, of the version that its own kubectl has', async () => {
    const nodes = await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}']);
    expect(nodes).toBe('v1.34.2');
    expect(await kubectl(['version', '--client'])).toContain(`Client Version: ${nodes}`);
  });

  test('has a helm that renders charts for it', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'templates'));
    await writeFile(
      join(folder.path, 'Chart.yaml'),
      'apiVersion: v2\nname: chart\nversion: 0.1.0\nkubeVersion: ~1.34.0\n',
    );
    await writeFile(
      join(folder.path, 'templates/it.yaml'),
      'it: {{ .Release.Name }} {{ .Capabilities.KubeVersion }}\n',
    );
    const { stdout } = await execa(clusterEnv().RIG_HELM, ['template', 'release', folder.path]);
    expect(stdout).toContain('it: release v1.34.0');
  });

  test('pulls from the registry with a secret, and is refused without', async () => {
    await create(pod('with'), pod('without', { imagePullSecrets: [] }));
    await inSpace('wait', '--for=condition=Ready', 'pod/with', `--${READY_LIMIT}`);
    const probe = async () => {
      const last = await inSpace('get', 'events', '--field-selector=involvedObject.name=without');
      return /401 Unauthorized/.test(last) ? { done: true as const, value: undefined } : { done: false as const, last };
    };
    await waitUntil(probe, { name: 'refusal by the registry', limit: 60_000, every: 500 });
    expect(await inSpace('get', 'pod', 'without', '-o', 'jsonpath={.status.phase}')).toBe('Pending');
  });

  test('finds pods by the name of their service', async () => {
    const command = ['/bin/sh', '-c', 'echo hello > /index.html; exec httpd -f -p 8080 -h /'];
    const ports = [{ port: 80, targetPort: 8080 }];
    await create(
      pod('web', {
        containers: [{ name: 'it', image, command, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } }],
      }),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports } },
      pod('client'),
    );
    await inSpace('wait', '--for=condition=Ready', 'pod/web', 'pod/client', `--${READY_LIMIT}`);
    const ask = ['exec', 'client', '--', 'wget', '-q', '-O', '-'];
    expect(await inSpace(...ask, `http://web.${SPACE}.svc.cluster.local/index.html`)).toBe('hello');
    expect(await tryKubectl(['-n', SPACE, ...ask, 'http://nobody/'])).toMatchObject({ exitCode: 1 });
  });

  test('lets a user do what a role allows, and nobody whose certificate has expired', async () => {
    const user = await kubeconfigFor(CLUSTER_ROOT, 'somebody');
    const expired = await kubeconfigFor(CLUSTER_ROOT, 'somebody', { expired: true });
    const list = ['--namespace', SPACE, 'get', 'pods'];
    expect((await tryKubectl(list, { kubeconfig: user })).text).toContain('User "somebody" cannot list');
    await inSpace('create', 'role', 'reader', '--verb=list,get', '--resource=pods');
    await inSpace('create', 'rolebinding', 'reader', '--role=reader', '--user=somebody');
    expect((await tryKubectl(list, { kubeconfig: user })).exitCode).toBe(0);
    expect((await tryKubectl(list, { kubeconfig: expired })).text).toMatch(/Unauthorized|must be logged in/);
  });

  test('goes on after its API server and its kubelet were away', async () => {
    await stopComponent(CLUSTER_ROOT, 'kube-apiserver', { graceMs: 0 });
    await stopComponent(CLUSTER_ROOT, 'kubelet', { graceMs: 0 });
    expect(await tryKubectl(['get', 'nodes'])).toMatchObject({ exitCode: 1 });
    await startComponent(CLUSTER_ROOT, 'kube-apiserver');
    await startComponent(CLUSTER_ROOT, 'kubelet');
    await create(pod('later'));
    await inSpace('wait', '--for=condition=Ready', 'pod/later', `--${READY_LIMIT}`);
    // Containers do not notice.
    expect(
      await inSpace(
        'get',
        'pod',
        'later',
        'web',
        '-o',
        'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
      ),
    ).toBe('0 0');
  });

  test('gives a claim a folder, which goes with the namespace', async () => {
    const volumes = join(dirname(dirname(clusterEnv().RIG_KUBECONFIG)), 'volumes');
    const command = ['/bin/sh', '-c', 'echo kept > /data/file; exec sleep 600'];
    await create(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
      },
      pod('writer', {
        containers: [{ name: 'it', image, command, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      }),
    );
    await inSpace('wait', '--for=condition=Ready', 'pod/writer', `--${READY_LIMIT}`);
    const name = await inSpace('get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}');
    expect(await readdir(join(volumes, name))).toEqual(['file']);
    await kubectl(['delete', 'namespace', SPACE, '--wait=true', `--${READY_LIMIT}`]);
    const probe = async () => {
      const left = [...(await readdir(volumes)), await kubectl(['get', 'pv', '-o', 'name'])].join(' ');
      return left.includes(name) ? { done: false as const, last: left } : { done: true as const, value: undefined };
    };
    await waitUntil(probe, { name: `end of volume ${name}`, limit: 30_000 });
  });
});
