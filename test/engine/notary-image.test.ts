import type Docker from 'dockerode';
import { execa } from 'execa';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  IMAGE_CLASSES,
  IN_IMAGE,
  type Component,
  type ImageRef,
  doormanImage,
  notaryImage,
} from '../../src/harness/images/image.ts';
import { DOORMAN_TOKEN } from '../../src/harness/releases/jvm-tools.ts';
import { H2_SOURCE } from '../../src/harness/corda/database.ts';
import { NETWORK_TRUST_STORE } from '../../src/harness/corda/registration.ts';
import type { CordappArtefact } from '../../src/harness/releases/artefacts.ts';
import { nodeConf } from '../../src/harness/corda/node-conf.ts';
import type { NodePlace } from '../../src/harness/corda/topology.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { DOORMAN_STORAGE, DOORMAN_TRUST_STORE } from '../../src/harness/zone/doorman.ts';
import { describeWithDocker } from '../rig/docker-tests.ts';
import { imagePlace, type ImagePlace } from '../rig/image-place.ts';

// A real notary of 4.10 in the hands of a person with a Docker engine and no harness: its image, its init, a doorman's image.

const FINANCE = ['contracts', 'workflows'].map((part) => `net.corda:corda-finance-${part}:4.5`);
const INIT = [IN_IMAGE.java, '-classpath', IMAGE_CLASSES, 'compat.image.Register'];
const TOKEN = 'of-this-test';
const SERVICE = 'O=Notary Service, L=Zurich, C=CH';

describeWithDocker('the image of a notary', () => {
  let place: ImagePlace;
  let network: Docker.Network;
  const images = new Map<Component, ImageRef>();

  beforeAll(async () => {
    place = await imagePlace(['4.8', '4.10']);
    const { rig } = place;
    const parts = { kit: rig.kit('4.10'), runtime: rig.jdk, tools: rig.tools('4.10') };
    const made = await place.ensure([notaryImage(parts), doormanImage(parts)], place.run());
    for (const image of made.values()) images.set(image.component, image);
    network = await place.engine.createNetwork({ Name: `notary-image-${process.pid}` });
  });
  afterAll(async () => {
    await network.remove();
    await place[Symbol.asyncDispose]();
  });

  interface Start {
    readonly name: string;
    readonly image: Component;
    readonly env?: Readonly<Record<string, string>>;
    readonly command?: readonly string[];
    readonly volume: string;
    /** Its base directory, where it is new. */
    readonly files?: string;
  }

  async function start({ name, image, env = {}, command, volume, files }: Start): Promise<Docker.Container> {
    const container = await place.engine.createContainer({
      Image: images.get(image)?.reference ?? '',
      Hostname: name,
      Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
      ...(command ? { Cmd: [...command] } : {}),
      HostConfig: { NetworkMode: network.id, Mounts: [{ Type: 'volume', Source: volume, Target: IN_IMAGE.node }] },
      NetworkingConfig: { EndpointsConfig: { [network.id]: { Aliases: [name] } } },
    });
    // One that the test itself removed is gone.
    onTestFinished(() => container.remove({ force: true, v: true }).catch(() => undefined));
    if (files !== undefined) {
      const tar = execa('tar', ['-c', '--owner=1000', '--group=1000', '-C', files, '.'], { encoding: 'buffer' });
      await container.putArchive(Buffer.from((await tar).stdout), { path: IN_IMAGE.node });
    }
    await container.start();
    return container;
  }

  async function volume(name: string): Promise<string> {
    const whole = `notary-image-${name}-${process.pid}`;
    await place.engine.createVolume({ Name: whole });
    onTestFinished(() => place.engine.getVolume(whole).remove());
    return whole;
  }

  const wordsOf = async (container: Docker.Container): Promise<string> => {
    return (await container.logs({ stdout: true, stderr: true })).toString();
  };

  async function says(container: Docker.Container, words: string): Promise<void> {
    const probe = async () => {
      const said = await wordsOf(container);
      return said.includes(words)
        ? { done: true as const, value: undefined }
        : { done: false as const, last: said.slice(-200) };
    };
    await waitUntil(probe, { name: words, limit: 300_000 });
  }

  /** What whoever sets up a notary by hand puts into its base directory. */
  async function baseDirectory(trust: Buffer): Promise<string> {
    const files = join(place.folder, 'notary');
    await mkdir(join(files, 'cordapps'), { recursive: true });
    await mkdir(join(files, 'certificates'));
    const at = (port: number) => ({ host: 'notary', port });
    const node: NodePlace = {
      ...{ id: 'notary', stagingFolder: files, listenOn: '0.0.0.0' },
      addresses: { p2p: at(10_200), rpc: at(10_201), rpcAdmin: at(10_202), h2: at(10_203), jmx: at(10_204) },
    };
    const notary = { validating: false, service: SERVICE };
    const role = { id: 'notary', party: 'O=Notary, L=Zurich, C=CH', release: '4.10', notary } as const;
    const { facts } = place.rig.kit('4.10').release;
    const rpcUser = { user: 'u', password: 'p' };
    const zone = 'http://doorman:8080';
    await writeFile(
      join(files, 'node.conf'),
      nodeConf({ node: role, place: node, facts, source: H2_SOURCE, rpcUser, zone }),
    );
    await writeFile(join(files, NETWORK_TRUST_STORE.file), trust);
    const finance = await Promise.all(FINANCE.map((name) => downloadArtefact(name, place.rig.ctx)));
    const { healthcheck } = place.rig.tools('4.10');
    for (const { file, name } of [...finance, healthcheck] as readonly Pick<CordappArtefact, 'file' | 'name'>[])
      await writeFile(join(files, 'cordapps', name), await readFile(file));
    return files;
  }

  test('registers by its init, makes the network’s parameters, and is a notary when it is started', async () => {
    const zone = await volume('doorman');
    const doorman = await start({
      name: 'doorman',
      image: 'doorman',
      env: { [DOORMAN_TOKEN]: TOKEN },
      volume: zone,
    });
    await says(doorman, 'doorman listening on');
    const trust = await fileOf(doorman, `${IN_IMAGE.node}/${DOORMAN_TRUST_STORE}`);
    const base = { name: 'notary', image: 'notary', volume: await volume('base') } as const;
    const env = { COMPAT_DOORMAN: 'http://doorman:8080', [DOORMAN_TOKEN]: TOKEN };
    const init = { ...base, command: INIT };

    const incomplete = await start({ ...init, env, files: await baseDirectory(trust) });
    expect(await incomplete.wait(), await wordsOf(incomplete)).toMatchObject({ StatusCode: 2 });
    expect(await wordsOf(incomplete)).toContain('COMPAT_MINIMUM_PLATFORM_VERSION is not set: it must be');
    await incomplete.remove();

    const whole = { ...env, COMPAT_MINIMUM_PLATFORM_VERSION: '7', COMPAT_NOTARY_VALIDATING: 'false' };
    const enlisting = await start({ ...init, env: whole });
    expect(await enlisting.wait(), await wordsOf(enlisting)).toMatchObject({ StatusCode: 0 });
    expect(await wordsOf(doorman)).toMatch(
      /network parameters [0-9A-F]{64}: minimum platform version 7, notaries .*O=Notary Service, .*NullContract/,
    );
    await enlisting.remove();
    // As a pod that is started again does it: neither is asked for again.
    const again = await start({ ...init, env: whole });
    expect(await again.wait(), await wordsOf(again)).toMatchObject({ StatusCode: 0 });
    expect(await wordsOf(again)).not.toContain('Successfully registered');
    await again.remove();

    const notary = await start(base);
    await says(notary, 'started up and registered in');
    await says(doorman, 'node info of O=Notary');
    const stored = (await fileNames(doorman, `${IN_IMAGE.node}/${DOORMAN_STORAGE}/node-infos`)).length;
    expect(stored).toBe(1);
  });

  async function fileOf(container: Docker.Container, path: string): Promise<Buffer> {
    const { firstFile } = await import('../../src/harness/providers/docker/archive.ts');
    return (await firstFile(await container.getArchive({ path }))) ?? Buffer.alloc(0);
  }

  async function fileNames(container: Docker.Container, path: string): Promise<readonly string[]> {
    const archive = await import('../../src/harness/providers/docker/archive.ts');
    return await archive.fileNames(await container.getArchive({ path }));
  }
});
