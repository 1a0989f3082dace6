import { join } from 'node:path';
import { DOORMAN_MAIN, DOORMAN_TOKEN, toolJvmArgs } from '../../src/harness/releases/jvm-tools.ts';
import { describeExit } from '../../src/harness/provision/node-start.ts';
import { serviceListens } from '../../src/harness/provision/services.ts';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import { createLocalProvider } from '../../src/harness/providers/local/local-provider.ts';
import type { NodeExit, Provider, SpaceProcess, RunningNode, Space } from '../../src/harness/providers/provider.ts';
import { doormanArgs, DOORMAN_STORAGE, DoormanClient } from '../../src/harness/zone/doorman.ts';
import { JVM_LIMIT_MS as limit, type JvmRig } from './jvm-rig.ts';

/** A real doorman as a service of a space of provider local. */
export interface DoormanRig {
  readonly url: string;
  readonly client: DoormanClient;
  readonly provider: Provider;
  readonly space: Space;
  /** Its folder on this machine. */
  readonly storage: string;
  /** kill -9. */
  kill(): Promise<NodeExit>;
  stop(): Promise<NodeExit>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  said(): Promise<string>;
  close(): Promise<void>;
}

const TOKEN = 'of this test';
const signal = new AbortController().signal;

export async function startDoorman(options: {
  readonly rig: JvmRig;
  readonly folder: string;
  readonly approve: 'all' | 'listed';
  readonly nodes?: readonly SpaceProcess[];
}): Promise<DoormanRig> {
  const { rig, folder, approve, nodes = [] } = options;
  const provider = createLocalProvider({ root: folder, env: process.env });
  const services = [{ id: 'doorman', memoryMb: 200 }];
  const ledger = new OpenEntries();
  const space = await provider.createSpace({ runId: 'doorman', cell: approve, nodes, services, ledger, signal });
  const place = space.services.get('doorman');
  if (!place) throw new Error('no place for the doorman');
  const { host, port } = await provider.reachService(space, 'doorman');
  const url = `http://${host}:${port}`;
  const said = () => provider.logs(space, 'doorman');
  let running: RunningNode | undefined;

  const start = async (): Promise<void> => {
    const before = (await said()).length;
    running = await provider.startService(space, {
      service: 'doorman',
      step: 'zone',
      tools: rig.tools('4.5'),
      kit: rig.kit('4.5'),
      runtime: rig.jdk,
      cordapps: [],
      jvmArgs: toolJvmArgs(8, 96),
      mainClass: DOORMAN_MAIN,
      args: doormanArgs({ host: place.listenOn, port }, { approve, pollSeconds: 7 }),
      env: { [DOORMAN_TOKEN]: TOKEN },
    });
    let ended: string | undefined;
    void running.exited.then((exit) => (ended = describeExit(exit)));
    const words = async (): Promise<string> => (await said()).slice(before);
    const waiting = { version: '4.5', said: words, ended: () => ended, log: 'none', limit, signal };
    await serviceListens({ word: 'doorman', step: 'zone', ...waiting });
  };
  const close = () => provider.destroySpace(space);
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    client: new DoormanClient({ url, token: TOKEN }),
    provider,
    space,
    storage: join(place.stagingFolder, DOORMAN_STORAGE),
    kill: async () => {
      process.kill(ledger.processes.at(-1) ?? NaN, 'SIGKILL');
      return await (running?.exited ?? Promise.reject(new Error('it was never started')));
    },
    stop: () => provider.stopNode(space, 'doorman', 10_000),
    start,
    said,
    close,
  };
}
