import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageRef } from '../../src/harness/images/image.ts';
import { testProviderConformance } from '../../src/harness/testing/conformance/conformance.ts';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import { createDockerProvider } from '../../src/harness/providers/docker/docker-provider.ts';
import { engineOnce } from '../../src/harness/docker/engine.ts';
import { LABEL, findLabelled } from '../../src/harness/providers/docker/labelled.ts';
import type { NodeLaunch, Provider, RunningNode, Space } from '../../src/harness/providers/provider.ts';
import { openLedger } from '../../src/harness/cleanup/ledger.ts';
import { sweepEngine } from '../../src/harness/cleanup/sweep-containers.ts';
import type { SweptItem } from '../../src/harness/cleanup/sweep.ts';
import { undoLedger } from '../../src/harness/cleanup/undo.ts';
import { lookUpProcess, thisHost } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { makeTinyImage } from '../rig/tiny-image.ts';
import { buildTinyNode, type TinyNode } from '../integration/tiny-node/tiny-node.ts';
import { PORT_NAMES } from '../../src/harness/corda/topology.ts';
import { engineAt } from '../../src/harness/docker/engine-address.ts';

describeWithDocker('with a Docker engine', () => {
  let folder: string;
  let tiny: TinyNode;
  let engine: Docker;
  let image: ImageRef;
  let removeImage: () => Promise<void>;
  const root = (): string => join(folder, 'spaces');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'provider-docker-'));
    engine = engineAt({ url: rigEnv().DOCKER_HOST });
    tiny = await buildTinyNode(folder);
    ({ image, remove: removeImage } = await makeTinyImage(engine, tiny, folder));
  });

  afterAll(async () => {
    expect(await findLabelled(engine, LABEL.run)).toEqual([]);
    expect(await readdir(root())).toEqual([]);
    await removeImage();
    await rm(folder, { recursive: true });
  });

  const makeProvider = (): Provider => createDockerProvider({ root: root(), engine: engineOnce(process.env) });

  testProviderConformance('docker', () =>
    Promise.resolve({
      provider: makeProvider(),
      traits: { kinds: ['container', 'network', 'volume', 'folder'], ownNetworks: true, tellsThreads: true },
      launch: (node, args) => ({ ...tiny.launch(node, args), image }),
      launchService: (service, args) => ({ ...tiny.launchService(service, args), image }),
    }),
  );

  interface InSpace {
    readonly provider: Provider;
    readonly space: Space;
    readonly ledger: OpenEntries;
    readonly start: (args: readonly string[], launch?: Partial<NodeLaunch>) => Promise<RunningNode>;
    readonly said: (text: string) => Promise<string>;
    readonly container: () => Promise<Docker.ContainerInspectInfo>;
  }

  async function inSpace(test: (given: InSpace) => Promise<void>): Promise<void> {
    const [provider, ledger] = [makeProvider(), new OpenEntries()];
    const space = await provider.createSpace({
      runId: '20261123-154512-ab12cd',
      cell: '4.8+4.10',
      nodes: [{ id: 'a', memoryMb: 64 }],
      services: [],
      ledger,
      signal: new AbortController().signal,
    });
    const said = (text: string): Promise<string> =>
      waitUntil(
        async () => {
          const logs = await provider.logs(space, 'a');
          return logs.includes(text) ? { done: true, value: logs } : { done: false, last: logs };
        },
        { name: text, limit: 30_000 },
      );
    try {
      await test({
        provider,
        space,
        ledger,
        start: (args, launch) => provider.startNode(space, { ...tiny.launch('a', args), image, ...launch }),
        said,
        container: async () => {
          const [found] = (await findLabelled(engine, `${LABEL.space}=${space.id}`)).filter(isContainer);
          return await engine.getContainer(found?.id ?? '').inspect();
        },
      });
    } finally {
      await provider.destroySpace(space);
      expect([...ledger.open.values()]).toEqual([]);
    }
  }

  const isContainer = ({ kind }: { kind: string }): boolean => kind === 'container';

  test('a container may do little: no root, no privileges, loopback ports, limits; its command line holds no path of this machine', () =>
    inSpace(async ({ start, said, container, space }) => {
      await start(['describe', 'say', 'up']);
      const { Config, HostConfig, NetworkSettings, Mounts } = await container();
      const logs = await said('up');
      expect(Config.User).toBe('1000:1000');
      expect(Config.Labels).toMatchObject({ [LABEL.space]: space.id, [LABEL.process]: 'a', [LABEL.cell]: '4.8+4.10' });
      expect(JSON.parse(Config.Labels[LABEL.owner] ?? '')).toMatchObject({ pid: process.pid });
      expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] });
      expect(HostConfig.Memory).toBe((64 + 768) * 1024 ** 2);
      expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
      expect(HostConfig.NanoCpus).toBeGreaterThan(0);
      expect(Object.keys(NetworkSettings.Networks)).toHaveLength(1);
      const bindings = Object.values(NetworkSettings.Ports).flat();
      expect(bindings.map(({ HostIp }) => HostIp)).toEqual(PORT_NAMES.map(() => '127.0.0.1'));
      expect(Mounts.map(({ Type }) => Type)).toEqual(['volume']);
      expect(logs).toContain('agent=x=1,y\n');
      expect(logs).toContain('cwd=/opt/corda/node\n');
      expect(logs).toContain('classpath=/opt/corda/lib/tiny-node.jar\n');
      expect(logs).not.toContain(folder);
    }));

  test('a node that takes more memory than it may is told apart from one that was killed', () =>
    inSpace(async ({ start, provider, space }) => {
      const greedy = await start(['eat', '2000'], { jvmArgs: ['-Xmx64m', '-XX:MaxDirectMemorySize=4g'] });
      const exit = await greedy.exited;
      expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(exit.why).toMatch(/more than the 832 MB/);
      await start(['say', 'up']);
      expect((await provider.stopNode(space, 'a', 0)).why).toBeUndefined();
    }));

  test('a file that is added to the staging folder later comes in with the next start, and what the node changed stays', () =>
    inSpace(async ({ start, said, space, provider }) => {
      const stagingFolder = space.places.get('a')?.stagingFolder ?? '';
      await writeFile(join(stagingFolder, 'old'), 'first');
      await (
        await start(['write', 'old', 'changed', 'exit', '0'])
      ).exited;
      await mkdir(join(stagingFolder, 'later'));
      await writeFile(join(stagingFolder, 'later', 'new'), 'came later');
      await start(['read', 'old', 'read', 'later/new', 'say', 'end']);
      expect(await said('end')).toMatch(/changed\s+came later\s+end/);
      expect((await provider.readFile(space, 'a', 'later/new'))?.toString()).toBe('came later');
    }));

  test('an image that is gone is named, with what to do; nothing is left of the start', () =>
    inSpace(async ({ start, ...given }) => {
      const gone = { ...image, name: 'node:4.8', reference: `sha256:${'0'.repeat(64)}` };
      await expect(start(['say', 'up'], { image: gone })).rejects.toThrow(
        /^a \(tiny\): the image node:4.8 .*removed.*next run/,
      );
      const unknown = { ...image, reference: `127.0.0.1:1/node@sha256:${'0'.repeat(64)}` };
      await expect(start(['say', 'up'], { image: unknown })).rejects.toThrow(/^a \(tiny\): the image .*removed/);
      expect((await given.provider.leftovers(given.space)).map(({ kind }) => kind)).toEqual(['network', 'folder']);
      await start(['say', 'up']);
      await given.said('up');
    }));

  test('a program that is not in the image is told, and nothing is left of the start', () =>
    inSpace(async ({ provider, space, start }) => {
      const broken = await emptyImage();
      await expect(start(['say', 'up'], { image: broken })).rejects.toThrow(/a \(tiny\) could not be started: .*java/);
      expect((await provider.leftovers(space)).map(({ kind }) => kind)).not.toContain('container');
      await engine.getImage(broken.reference).remove({ force: true });
    }));

  test('a container of the same name is told, with what to do', () =>
    inSpace(async ({ space, start }) => {
      const name = `corda-compat-${space.id.replace('/', '-')}-a`;
      const other = await engine.createContainer({ name, Image: image.reference, Cmd: ['/bin/sh'] });
      await expect(start(['say', 'up'])).rejects.toThrow(/a \(tiny\) could not be started: .*already in use.*sweep/);
      await other.remove();
    }));

  test('what a run made is removed from its ledger alone, twice if need be', () =>
    inSpace(async ({ start, said, ledger, provider, space }) => {
      await start(['stubborn', 'say', 'up']);
      await said('up');
      const file = join(folder, 'ledger.jsonl');
      const written = await openLedger(file);
      for (const creation of ledger.open.values()) await written.record(creation);
      await written.close();
      expect((await undoLedger(file)).failures).toEqual([]);
      expect(await provider.leftovers(space)).toEqual([]);
      expect((await undoLedger(file)).undone).toEqual([]);
    }));

  test('a sweep removes what runs made whose owner is gone, and nothing else', async () => {
    const owner = {
      runId: 'r',
      host: await thisHost(),
      pid: process.pid,
      started: 'long ago',
      at: new Date(0).toISOString(),
    };
    const living = { ...owner, started: (await lookUpProcess(process.pid))?.started };
    const labels = (run: string, of: object) => ({ [LABEL.run]: run, [LABEL.owner]: JSON.stringify(of) });
    await engine.createVolume({ Name: 'corda-compat-test-dead', Labels: labels('dead', owner) });
    await engine.createNetwork({ Name: 'corda-compat-test-dead', Labels: labels('dead', owner) });
    await engine.createVolume({ Name: 'corda-compat-test-living', Labels: labels('living', living) });
    const states = (items: readonly SweptItem[]) =>
      items.map(({ path, state }) => `${path.split(' ').at(-1)}: ${state}`).sort();
    expect(states(await sweepEngine(engine, { dryRun: true }))).toEqual(['dead: would-remove', 'living: alive']);
    const long = 2 * Date.now();
    expect(states(await sweepEngine(engine, { dryRun: false, olderThanMs: long }))).toEqual([
      'dead: young',
      'living: alive',
    ]);
    expect(states(await sweepEngine(engine, { dryRun: false }))).toEqual(['dead: removed', 'living: alive']);
    expect((await findLabelled(engine, LABEL.run)).map(({ name }) => name)).toEqual(['corda-compat-test-living']);
    await engine.getVolume('corda-compat-test-living').remove();
  });

  async function emptyImage(): Promise<ImageRef> {
    const tar = execa('tar', ['-c', '--files-from', '/dev/null'], { encoding: 'buffer', buffer: false });
    const answer = await engine.importImage(tar.stdout, { repo: 'corda-compat-test-empty', tag: String(process.pid) });
    await new Promise((resolve) => engine.modem.followProgress(answer, resolve));
    const name = `corda-compat-test-empty:${process.pid}`;
    return { component: 'node', name, reference: (await engine.getImage(name).inspect()).Id };
  }
});
