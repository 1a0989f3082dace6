import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testProviderConformance } from '../../src/harness/testing/conformance/conformance.ts';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import { createLocalProvider } from '../../src/harness/providers/local/local-provider.ts';
import type { Provider, Space, SpaceRequest } from '../../src/harness/providers/provider.ts';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import { type StepFailure, StepError } from '../../src/harness/support/step-error.ts';
import { lookUpProcess } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { buildTinyNode, type TinyNode } from './tiny-node/tiny-node.ts';

let folder: string;
let tiny: TinyNode;
const root = (): string => join(folder, 'spaces');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provider-local-'));
  tiny = await buildTinyNode(folder);
});

afterAll(async () => {
  // Spaces and the runs' folders are gone by themselves.
  expect(await readdir(root())).toEqual([]);
  await rm(folder, { recursive: true });
});

const ENV = { PATH: process.env['PATH'], LANG: 'C.UTF-8', COMPAT_PORTS: '28000-28199' };

testProviderConformance('local', () =>
  Promise.resolve({
    provider: createLocalProvider({ root: root(), env: ENV }),
    traits: { kinds: ['process', 'port', 'folder'], ownNetworks: false, tellsThreads: true },
    launch: (node, args) => tiny.launch(node, args),
    launchService: (service, args) => tiny.launchService(service, args),
  }),
);

describe('provider local', () => {
  test('a node gets its own folder, agent and jars, and nothing of the user’s environment', async () => {
    const env = { ...ENV, CORDA_devMode: 'false', JAVA_TOOL_OPTIONS: '-Xmx1m', SECRET: 'x', TZ: 'UTC' };
    await withSpace({ env }, async ({ provider, space, stagingFolder }) => {
      await mkdir(join(stagingFolder, 'drivers'));
      await writeFile(join(stagingFolder, 'drivers/z.jar'), '');
      const launch = tiny.launch('a', ['describe', 'exit', '0']);
      const node = await provider.startNode(space, { ...launch, jvmArgs: [...launch.jvmArgs, '-Dtiny.property=set'] });
      await node.exited;
      const logs = await provider.logs(space, 'a');
      expect(logs).toContain('agent=x=1,y\n');
      expect(logs).toContain(`cwd=${stagingFolder}\n`);
      expect(logs).toContain(`tmp=${stagingFolder}/tmp\n`);
      expect(logs).toContain('property=set\n');
      expect(logs).toContain(`tiny-node.jar:${stagingFolder}/drivers/z.jar\n`);
      expect(logs).toContain(`arguments=describe exit 0 --base-directory ${stagingFolder}\n`);
      expect(logs).toContain('stdin=-1\n');
      const names = [...logs.matchAll(/^env (\w+)=/gm)].map((match) => match[1]);
      expect(names.sort()).toEqual([SPACE_MARKER, 'LANG', 'PATH', 'TZ']);
    });
  });

  test('only this user can enter a space', async () => {
    await withSpace({}, async ({ stagingFolder }) => {
      for (const path of [stagingFolder, join(stagingFolder, '..'), root()])
        expect((await stat(path)).mode & 0o777).toBe(0o700);
    });
  });

  test('a stopped node takes its children along, stubborn ones too', async () => {
    await withSpace({}, async ({ provider, space }) => {
      await provider.startNode(space, tiny.launch('a', ['child', 'say', 'up']));
      const child = await childOf(provider, space);
      await provider.stopNode(space, 'a', 300);
      expect(await lookUpProcess(child)).toBeUndefined();
    });
  });

  test('the child of a node that died is ended with the space; processes of others are not', async () => {
    const others = [{}, { [SPACE_MARKER]: '20261123-000000-ffffff/4.8_4.10' }, { [SPACE_MARKER]: `${RUN_ID}/4.8` }].map(
      (env) => spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' }),
    );
    try {
      let child = 0;
      await withSpace({}, async ({ provider, space }) => {
        const node = await provider.startNode(space, tiny.launch('a', ['child', 'exit', '1']));
        await node.exited;
        child = await childOf(provider, space);
        expect(await lookUpProcess(child)).toBeDefined();
      });
      expect(await lookUpProcess(child)).toBeUndefined();
      for (const other of others) expect(await lookUpProcess(other.pid ?? 0)).toBeDefined();
    } finally {
      for (const other of others) other.kill('SIGKILL');
    }
  });

  test('a block with a port that somebody has is left out', async () => {
    const release = await listen(28_311);
    await withSpace({ env: { ...ENV, COMPAT_PORTS: '28308-28319' } }, ({ space }) => {
      expect(space.places.get('a')?.addresses.p2p.port).toBe(28_315);
      return Promise.resolve();
    });
    await release();
  });

  test('a port that is taken by somebody else after the destruction is no leftover', async () => {
    let port = 0;
    const { provider, space } = await withSpace({}, ({ space }) => {
      port = space.places.get('a')?.addresses.p2p.port ?? 0;
      return Promise.resolve();
    });
    const release = await listen(port);
    expect(await provider.leftovers(space)).toEqual([]);
    await release();
  });

  test('no ports: blocked, naming the range, what is needed and who holds it', async () => {
    const env = { ...ENV, COMPAT_PORTS: '28308-28319' };
    await withSpace({ env }, async () => {
      const failure = await failureOf(withSpace({ env }, () => Promise.resolve(), ['a', 'b']));
      expect(failure).toMatchObject({ outcome: 'blocked', step: 'space' });
      expect(failure?.message).toMatch(/28308-28319 have room for 1 of 2 nodes.*28308 by pid \d+ \(.*COMPAT_PORTS=/);
    });
    // The block that the failed request had claimed is free again.
    await withSpace({ env }, () => Promise.resolve(), ['a', 'b']);
  });

  test.each(['x', '80-90', '29999-20000', '20000-70000'])('COMPAT_PORTS=%s: blocked, with an example', async (text) => {
    const failure = await failureOf(withSpace({ env: { ...ENV, COMPAT_PORTS: text } }, () => Promise.resolve()));
    expect(failure).toMatchObject({ outcome: 'blocked', step: 'space' });
    expect(failure?.message).toContain('21000-21099');
  });

  test('a folder that cannot be made: blocked, and no port is kept', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const ledger = new OpenEntries();
    const provider = createLocalProvider({ root: file, env: { ...ENV, COMPAT_PORTS: '28308-28313' } });
    const failure = await failureOf(provider.createSpace(request(['a'], ledger)));
    expect(failure).toMatchObject({ outcome: 'blocked', step: 'space' });
    expect(failure?.message).toContain(file);
    expect(ledger.open.size).toBe(0);
    await (
      await listen(28_308)
    )();
  });

  test('a Java that is not there: blocked at the start, naming node, release and Java', async () => {
    await withSpace({}, async ({ provider, space }) => {
      const launch = { ...tiny.launch('a', []), runtime: { ...tiny.runtime, java: '/no/such/java' } };
      const failure = await failureOf(provider.startNode(space, launch));
      expect(failure).toMatchObject({ outcome: 'blocked', step: 'start' });
      expect(failure?.message).toMatch(/a \(tiny\): \/no\/such\/java/);
    });
  });
});

const RUN_ID = '20261123-154512-ab12cd';

interface Opened {
  readonly provider: Provider;
  readonly space: Space;
  /** Of node `a`. */
  readonly stagingFolder: string;
}

function request(nodes: readonly string[], ledger: OpenEntries): SpaceRequest {
  const signal = new AbortController().signal;
  const processes = nodes.map((id) => ({ id, memoryMb: 64 }));
  return { runId: RUN_ID, cell: '4.8+4.10', nodes: processes, services: [], ledger, signal };
}

/** A space that is destroyed, and seen to be gone, after the body. */
async function withSpace(
  { env = ENV }: { env?: NodeJS.ProcessEnv },
  body: (opened: Opened) => Promise<void>,
  nodes = ['a'],
): Promise<Opened> {
  const provider = createLocalProvider({ root: root(), env });
  const space = await provider.createSpace(request(nodes, new OpenEntries()));
  const opened = { provider, space, stagingFolder: space.places.get('a')?.stagingFolder ?? '' };
  try {
    await body(opened);
  } finally {
    await provider.destroySpace(space);
  }
  expect(await provider.leftovers(space)).toEqual([]);
  return opened;
}

async function childOf(provider: Provider, space: Space): Promise<number> {
  return await waitUntil(
    async () => {
      const text = await provider.readFile(space, 'a', 'child.pid');
      return text ? { done: true, value: Number(text.toString()) } : { done: false, last: 'no child.pid' };
    },
    { name: 'child of node a', limit: 20_000 },
  );
}

async function failureOf(promise: Promise<unknown>): Promise<StepFailure | undefined> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof StepError ? error.failure : undefined;
}

async function listen(port: number): Promise<() => Promise<void>> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    server.close();
    await once(server, 'close');
  };
}
