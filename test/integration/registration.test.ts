import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell } from '../../src/harness/config/cell.ts';
import { NETWORK_TRUST_STORE, registrationArgs } from '../../src/harness/corda/registration.ts';
import { FAST_LOGGING, jvmOptions } from '../../src/harness/provision/jvm-options.ts';
import { H2_SOURCE } from '../../src/harness/corda/database.ts';
import { nodeConf } from '../../src/harness/corda/node-conf.ts';
import { register } from '../../src/harness/provision/zone.ts';
import type { NodePlace } from '../../src/harness/corda/topology.ts';
import { startDoorman, type DoormanRig } from '../rig/doorman-rig.ts';
import { jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';
import { startForge, type ZoneForge } from './zone-forge/zone-forge.ts';

// Real nodes of 4.5 against a real doorman: what must not work. What must, stands in test/long/doorman.test.ts.

const signal = new AbortController().signal;
const MALLORY = 'O=Mallory, L=London, C=GB';
const BOB = 'O=Bob, L=London, C=GB';
let folder: TemporaryFolder;
let rig: JvmRig;
let forge: ZoneForge;
let doorman: DoormanRig;

beforeAll(async () => {
  folder = await temporaryFolder();
  rig = await jvmRig(['4.5'], signal);
  forge = await startForge(rig, folder.path);
  const nodes = ['node-1', 'node-2', 'node-3'].map((id) => ({ id, memoryMb: 64 }));
  doorman = await startDoorman({ rig, folder: folder.path, approve: 'listed', nodes });
});
afterAll(async () => {
  await doorman.close();
  await forge.close();
  await folder[Symbol.asyncDispose]();
});

/** A node that has never registered. @param trust its file of whom to trust */
async function registration(id: string, party: string, trust: string, start = 120_000): Promise<Buffer> {
  const place = doorman.space.places.get(id) as NodePlace;
  const kit = rig.kit('4.5');
  const { facts, release } = kit.release;
  const cell = {
    name: '4.5+4.5',
    releases: [release],
    topology: { nodes: [{ id, party, release: '4.5' }] },
    limits: { start },
  } as unknown as Cell;
  const node = { id, party, release: '4.5' } as const;
  const rpcUser = { user: 'u', password: 'p' };
  await writeFile(
    join(place.stagingFolder, 'node.conf'),
    nodeConf({ node, place, facts, source: H2_SOURCE, rpcUser, zone: doorman.url }),
  );
  await writeFile(join(place.stagingFolder, FAST_LOGGING.file), FAST_LOGGING.content);
  const file = join(place.stagingFolder, NETWORK_TRUST_STORE.file);
  await mkdir(dirname(file), { recursive: true });
  await copyFile(trust, file);
  const nodeArgs = [...registrationArgs(facts), '--log-to-console'];
  const launch = { node: id, kit, runtime: rig.jdk, jvmArgs: jvmOptions('fast', kit), nodeArgs };
  const { provider, space } = doorman;
  return await register({ cell, provider, space, launch, signal, say: () => undefined });
}

function ownTrust(): string {
  return join(doorman.storage, 'network-root-truststore.jks');
}

describe('a node of 4.5', () => {
  test('whose name is taken is told so by its own words', async () => {
    await doorman.client.approve({ names: [MALLORY] });
    await fetch(`${doorman.url}/certificate`, {
      method: 'POST',
      body: await forge.make('csr', 'x', 'NODE_CA', MALLORY),
    });
    await expect(registration('node-1', MALLORY, ownTrust())).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'zone',
        message: expect.stringMatching(
          /^4\.5\+4\.5: node-1 \(4\.5\) could not register with the doorman \(status 1\): the doorman refused .*“.*name "O=Mallory.* is taken”; log: /,
        ) as string,
      },
    });
  });

  test('that trusts another root does not take the doorman’s certificate', async () => {
    await doorman.client.approve({ names: [BOB] });
    const trust = await forge.ask('trust-store', join(folder.path, 'foreign.jks'));
    await expect(registration('node-2', BOB, trust)).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'zone',
        message: expect.stringMatching(
          /could not register .*: its certificate .* not .* root that it trusts.*trust anchors/,
        ) as string,
      },
    });
  });

  test('that nobody lets in is waited for no longer than the limit', async () => {
    const waiting = registration('node-3', 'O=Nobody, L=London, C=GB', ownTrust(), 9_000);
    await expect(waiting).rejects.toThrow(/node-3 \(4\.5\) had not registered within 9 s; its own words: “.+”/);
  });
});
