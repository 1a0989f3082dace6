import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DoormanClient } from '../../src/harness/zone/doorman.ts';
import { startDoorman, type DoormanRig } from '../rig/doorman-rig.ts';
import { jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';
import { asNode, type AsNode } from './zone-forge/as-node.ts';
import { startForge, type ZoneForge } from './zone-forge/zone-forge.ts';

// The real doorman, spoken to as nodes speak to it, with what Corda's own classes make. Real nodes: test/long/doorman.test.ts.

const ALICE = 'O=Alice, L=London, C=GB';
const LATE = 'O=Late, L=London, C=GB';
const NOTARY = 'O=Notary, L=Zurich, C=CH';
const signal = new AbortController().signal;
let folder: TemporaryFolder;
let rig: JvmRig;
let forge: ZoneForge;
let doorman: DoormanRig;
let node: AsNode;

beforeAll(async () => {
  folder = await temporaryFolder();
  rig = await jvmRig(['4.5'], signal);
  forge = await startForge(rig, folder.path);
  doorman = await startDoorman({ rig, folder: folder.path, approve: 'listed' });
  node = asNode(doorman.url, forge);
});
afterAll(async () => {
  await doorman.close();
  await forge.close();
  await folder[Symbol.asyncDispose]();
});

/** A registered node. @returns its certificates */
async function register(key: string, name: string): Promise<string> {
  await doorman.client.approve({ names: [name] });
  return await node.chainOf(await node.submit(key, name));
}

function trustStore(): string {
  return join(doorman.storage, 'network-root-truststore.jks');
}

describe('certificates', () => {
  test('a listed name is let in at once, one that is approved later waits, and both get their chain', async () => {
    await doorman.client.approve({ names: [ALICE] });
    const listed = await node.submit('alice', ALICE);
    expect(await node.decisionOn(listed)).toEqual([200, '']);

    const late = await node.submit('late', LATE);
    const pending = await node.get(`/certificate/${late}`);
    expect([pending.status, pending.headers.get('cache-control')]).toEqual([204, 'max-age=7']);
    const { decided } = await doorman.client.approve({ names: ['O=Late,L=London,C=GB'] });
    expect(decided.map(({ id, state, clientVersion }) => [id, state, clientVersion])).toEqual([
      [late, 'approved', '4.5'],
    ]);
    expect(await node.decisionOn(late)).toEqual([200, '']);
  });

  test('the same request once more is the same one; the name with another key is taken', async () => {
    const again = await node.submit('alice', ALICE);
    expect(await node.decisionOn(again)).toEqual([200, '']);
    const { requests } = await doorman.client.status();
    expect(requests.filter(({ name }) => name === ALICE)).toHaveLength(1);
    const other = await node.submit('thief', ALICE);
    expect(await node.decisionOn(other)).toEqual([401, `the name "${ALICE}" is taken`]);
    const alike = await node.submit('thief', 'O=ALICE, L=London, C=GB');
    expect(await node.decisionOn(alike)).toEqual([401, 'the name "O=ALICE, L=London, C=GB" is taken']);
  });

  test('a malformed name, a stolen key and a role that is not a node’s are refused with the reason', async () => {
    const [status, reason] = await node.decisionOn(await node.submit('mallory', 'O=Mallory, L=London, C=Nowhere'));
    expect([status, reason]).toEqual([401, expect.stringMatching(/"O=Mallory.*none that Corda accepts/)]);
    const noCity = await node.decisionOn(await node.submit('mallory', 'O=Mallory, C=GB'));
    expect(noCity).toEqual([401, expect.stringMatching(/none that Corda accepts/)]);
    const stolen = await node.decisionOn(await node.submit('alice', 'O=Mallory, L=London, C=GB'));
    expect(stolen).toEqual([401, `the key is that of "${ALICE}"`]);
    const role = await node.decisionOn(await node.submit('mallory', 'O=Mallory, L=London, C=GB', 'NETWORK_MAP'));
    expect(role).toEqual([401, 'a certificate of role NETWORK_MAP is not given to nodes']);
  });

  test('whoever holds the token refuses what waits, with a reason of their own', async () => {
    const id = await node.submit('bob', 'O=Bob, L=London, C=GB');
    await doorman.client.refuse({ id, reason: 'no contract' });
    expect(await node.decisionOn(id)).toEqual([401, 'no contract']);
    await expect(doorman.client.refuse({ id, reason: 'twice' })).rejects.toThrow(/status 409.*is refused/);
  });

  test('what is no request, or not signed by its key, is told so at once', async () => {
    const none = await node.post('/certificate', Buffer.from('hello'));
    expect([none.status, await none.text()]).toEqual([400, expect.stringMatching(/no certificate signing request/)]);
    const csr = await forge.make('csr', 'mallory', 'NODE_CA', 'O=Mallory, L=London, C=GB');
    csr.writeUInt8(csr.readUInt8(csr.length - 1) ^ 1, csr.length - 1);
    const tampered = await node.post('/certificate', csr);
    expect([tampered.status, await tampered.text()]).toEqual([400, expect.stringMatching(/signature/)]);
    expect((await node.get('/certificate/unheard-of')).status).toBe(404);
  });
});

describe('network map', () => {
  test('there is none before the notary is known; then nodes are found by it', async () => {
    const early = await node.get('/network-map');
    expect([early.status, await early.text()]).toEqual([503, expect.stringMatching(/no network parameters yet/)]);

    const chain = await register('notary', NOTARY);
    const info = await forge.make('node-info', 'notary', '1', NOTARY, chain, 'notary');
    const { healthcheck } = rig.tools('4.5');
    await doorman.client.addCordapp(await readFile(healthcheck.file));
    const notaries = [{ nodeInfo: info.toString('base64'), validating: true }];
    const { parameters } = await doorman.client.setParameters({ minimumPlatformVersion: 4, notaries });
    expect(await doorman.client.setParameters({ minimumPlatformVersion: 4, notaries })).toEqual({ parameters });
    await expect(doorman.client.setParameters({ minimumPlatformVersion: 5, notaries })).rejects.toThrow(/set already/);
    await expect(doorman.client.addCordapp(await readFile(healthcheck.file))).rejects.toThrow(/are set/);

    const signed = await bytesOf(await node.get(`/network-map/network-parameters/${parameters}`));
    const told = await forge.ask('parameters', signed.toString('base64'), trustStore());
    expect(told).toMatch(
      /^4 \[NotaryInfo\(identity=O=Notary.*validating=true.*\[compat\.healthcheck\.NullContract, compat\.healthcheck\.NullContractV2\]$/,
    );

    expect((await node.post('/network-map/publish', info)).status).toBe(200);
    const response = await node.get('/network-map');
    expect(response.headers.get('cache-control')).toBe('max-age=7');
    const map = await forge.ask('network-map', (await bytesOf(response)).toString('base64'), trustStore());
    const [hash, listed] = map.split(' ');
    expect(hash).toBe(parameters);
    expect(listed).toMatch(/^\[[0-9A-F]{64}\]$/);
    const infoPath = `/network-map/node-info/${listed?.slice(1, -1)}`;
    expect((await bytesOf(await node.get(infoPath))).equals(info)).toBe(true);
    expect(await (await node.get('/network-map/my-hostname')).text()).toMatch(/^127\.|^::1/);
  });

  test('a newer node info takes the older one’s place, never the other way round', async () => {
    const chain = await register('carol', 'O=Carol, L=London, C=GB');
    const make = (serial: string) =>
      forge.make('node-info', 'carol', serial, 'O=Carol, L=London, C=GB', chain, 'carol');
    const [old, young] = [await make('5'), await make('6')];
    // More than one on one connection: none may end the next one.
    for (const info of [old, ...Array.from({ length: 40 }, () => young)])
      expect((await node.post('/network-map/publish', info)).status).toBe(200);
    expect((await node.post('/network-map/publish', old)).status).toBe(409);
    const { nodes } = await doorman.client.status();
    expect(nodes.filter(({ name }) => name.includes('Carol')).map(({ serial }) => serial)).toEqual([6]);
  });

  test('forged node infos are refused: signature, root, name, owner', async () => {
    const before = (await doorman.client.status()).nodes;
    const mallory = 'O=Mallory, L=London, C=GB';
    const chain = await register('mallory-2', mallory);
    const refused = async (info: Buffer<ArrayBuffer>): Promise<string> => {
      const response = await node.post('/network-map/publish', info);
      expect(response.status).toBe(403);
      return await response.text();
    };
    const unsigned = await forge.make('node-info', 'mallory-2', '9', mallory, chain, 'somebody else');
    expect(await refused(unsigned)).toMatch(/not signed by all of its identities/);
    expect(await refused(await forge.make('foreign-node-info', mallory))).toMatch(
      /does not come from this zone's root/,
    );
    // Alice's name below the certificate of Mallory.
    const stolen = await forge.make('node-info', 'mallory-2', '9', ALICE, chain, 'mallory-2');
    expect(await refused(stolen)).toMatch(/does not come from this zone's root|is not registered/);
    const garbage = await node.post('/network-map/publish', Buffer.from('hello'));
    expect([garbage.status, await garbage.text()]).toEqual([400, expect.stringMatching(/no signed node info/)]);
    expect((await doorman.client.status()).nodes).toEqual(before);
  });

  test('only nodes of the map acknowledge, and only the parameters that are', async () => {
    const { parameters } = await doorman.client.status();
    const acknowledge = async (key: string, hash: string): Promise<number> =>
      (await node.post('/network-map/ack-parameters', await forge.make('acknowledge', key, hash))).status;
    expect(await acknowledge('notary', parameters ?? '')).toBe(200);
    expect(await acknowledge('notary', '0'.repeat(64))).toBe(404);
    expect(await acknowledge('somebody else', parameters ?? '')).toBe(403);
    expect((await node.post('/network-map/ack-parameters', Buffer.from('hello'))).status).toBe(400);
  });
});

describe('operation', () => {
  test('the token is asked for, unknown paths are told', async () => {
    const stranger = new DoormanClient({ url: doorman.url, token: 'guessed' });
    await expect(stranger.status()).rejects.toThrow(/status 401\): the token is missing or wrong/);
    const response = await node.get('/network-map/node-infos');
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('node-infos')]);
  });

  test('metrics say what happened', async () => {
    const text = await (await node.get('/metrics')).text();
    expect(text).toMatch(/^corda_compat_zone_certificate_requests\{state="approved"\} [5-9]$/m);
    expect(text).toMatch(/^corda_compat_zone_node_infos 2$/m);
    expect(text).toMatch(/^corda_compat_zone_parameters_set 1$/m);
    expect(text).toMatch(/^corda_compat_zone_parameters_acknowledged 1$/m);
    expect(text).toMatch(
      /^corda_compat_zone_http_requests_total\{route="POST \/network-map\/publish",status="403"\} 3$/m,
    );
  });

  test('kill -9 loses nothing; what was half written is gone; the keys are the owner’s alone', async () => {
    const pending = await node.submit('dave', 'O=Dave, L=London, C=GB');
    const before = await doorman.client.status();
    const map = await bytesOf(await node.get('/network-map'));
    expect((await doorman.kill()).signal).toBe('SIGKILL');
    await writeFile(join(doorman.storage, 'requests/half.json.part'), '{');
    await doorman.start();
    expect(await doorman.client.status()).toEqual(before);
    expect(await node.decisionOn(pending)).toEqual([204, '']);
    const again = await bytesOf(await node.get('/network-map'));
    const read = (content: Buffer) => forge.ask('network-map', content.toString('base64'), trustStore());
    expect(await read(again)).toBe(await read(map));
    // Names that were approved before are still.
    expect((await doorman.client.approve({ names: [] })).decided).toEqual([]);
    const parts = (await readdir(doorman.storage, { recursive: true })).filter((name) => name.endsWith('.part'));
    expect(parts).toEqual([]);
    expect((await stat(doorman.storage)).mode & 0o777).toBe(0o700);
    // 128 + SIGTERM.
    expect(await doorman.stop()).toEqual({ code: 143, signal: null });
  });

  test('whose registration is gone is let into the map no longer', async () => {
    await doorman.start();
    const late = (await doorman.client.status()).requests.find(({ name }) => name === LATE);
    const info = await forge.make('node-info', 'late', '1', LATE, await node.chainOf(late?.id ?? ''), 'late');
    expect((await doorman.kill()).signal).toBe('SIGKILL');
    await rm(join(doorman.storage, 'requests', `${late?.id}.json`));
    await doorman.start();
    const response = await node.post('/network-map/publish', info);
    expect([response.status, await response.text()]).toEqual([403, `"${LATE}" is not registered with this doorman`]);
    await doorman.stop();
  });

  test('a storage that cannot be read is named, not overwritten', async () => {
    const broken = join(doorman.storage, 'requests/broken.json');
    await writeFile(broken, '{');
    await expect(doorman.start()).rejects.toThrow(
      /doorman \(4\.5\) ended \(status 2\): .*broken\.json is no stored request/,
    );
    expect(await readFile(broken, 'utf8')).toBe('{');
  });
});

async function bytesOf(response: Response): Promise<Buffer<ArrayBuffer>> {
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
