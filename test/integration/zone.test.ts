import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DoormanClient } from '../../src/harness/zone/doorman-client.ts';
import { startDoorman, type DoormanRig } from '../rig/doorman-rig.ts';
import { jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';
import { startForge, type ZoneForge } from './zone-forge/zone-forge.ts';

// The real doorman, spoken to as nodes speak to it, with what Corda's own classes make. Real nodes: test/e2e/doorman.test.ts.

const ALICE = 'O=Alice, L=London, C=GB';
const NOTARY = 'O=Notary, L=Zurich, C=CH';
const signal = new AbortController().signal;
let folder: TemporaryFolder;
let rig: JvmRig;
let forge: ZoneForge;
let doorman: DoormanRig;

beforeAll(async () => {
  folder = await temporaryFolder();
  rig = await jvmRig(['4.5'], signal);
  forge = await startForge(rig, folder.path);
  doorman = await startDoorman({ rig, folder: folder.path, approve: 'listed' });
});
afterAll(async () => {
  await doorman.close();
  await forge.close();
  await folder[Symbol.asyncDispose]();
});

async function get(path: string): Promise<Response> {
  return await fetch(`${doorman.url}${path}`);
}

async function post(path: string, body: Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream', 'Platform-Version': '7', 'Client-Version': '4.5' };
  return await fetch(`${doorman.url}${path}`, { method: 'POST', headers, body });
}

/** Sends a request as a node does. @returns its id */
async function submit(key: string, name: string, role = 'NODE_CA'): Promise<string> {
  const response = await post('/certificate', await forge.make('csr', key, role, name));
  expect(response.status).toBe(200);
  return await response.text();
}

/** Status and reason of a request. */
async function decisionOn(id: string): Promise<readonly [number, string]> {
  const response = await get(`/certificate/${id}`);
  return [response.status, response.status === 200 ? '' : await response.text()];
}

async function chainOf(id: string): Promise<string> {
  const response = await get(`/certificate/${id}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

/** A registered node. @returns its certificates */
async function register(key: string, name: string): Promise<string> {
  await doorman.client.approve({ names: [name] });
  return await chainOf(await submit(key, name));
}

function trustStore(): string {
  return join(doorman.storage, 'network-root-truststore.jks');
}

describe('certificates', () => {
  test('a listed name is let in at once, one that is approved later waits, and both get their chain', async () => {
    await doorman.client.approve({ names: [ALICE] });
    const listed = await submit('alice', ALICE);
    expect(await decisionOn(listed)).toEqual([200, '']);

    const late = await submit('late', 'O=Late, L=London, C=GB');
    const pending = await get(`/certificate/${late}`);
    expect([pending.status, pending.headers.get('cache-control')]).toEqual([204, 'max-age=7']);
    const { decided } = await doorman.client.approve({ names: ['O=Late,L=London,C=GB'] });
    expect(decided.map(({ id, state, clientVersion }) => [id, state, clientVersion])).toEqual([
      [late, 'approved', '4.5'],
    ]);
    expect(await decisionOn(late)).toEqual([200, '']);
  });

  test('the same request once more is the same one; the name with another key is taken', async () => {
    const again = await submit('alice', ALICE);
    expect(await decisionOn(again)).toEqual([200, '']);
    const { requests } = await doorman.client.status();
    expect(requests.filter(({ name }) => name === ALICE)).toHaveLength(1);
    const other = await submit('thief', ALICE);
    expect(await decisionOn(other)).toEqual([401, `the name "${ALICE}" is taken`]);
    const alike = await submit('thief', 'O=ALICE, L=London, C=GB');
    expect(await decisionOn(alike)).toEqual([401, 'the name "O=ALICE, L=London, C=GB" is taken']);
  });

  test('a malformed name, a stolen key and a role that is not a node’s are refused with the reason', async () => {
    const [status, reason] = await decisionOn(await submit('mallory', 'O=Mallory, L=London, C=Nowhere'));
    expect([status, reason]).toEqual([401, expect.stringMatching(/"O=Mallory.*none that Corda accepts/)]);
    const noCity = await decisionOn(await submit('mallory', 'O=Mallory, C=GB'));
    expect(noCity).toEqual([401, expect.stringMatching(/none that Corda accepts/)]);
    const stolen = await decisionOn(await submit('alice', 'O=Mallory, L=London, C=GB'));
    expect(stolen).toEqual([401, `the key is that of "${ALICE}"`]);
    const role = await decisionOn(await submit('mallory', 'O=Mallory, L=London, C=GB', 'NETWORK_MAP'));
    expect(role).toEqual([401, 'a certificate of role NETWORK_MAP is not given to nodes']);
  });

  test('whoever holds the token refuses what waits, with a reason of their own', async () => {
    const id = await submit('bob', 'O=Bob, L=London, C=GB');
    await doorman.client.refuse({ id, reason: 'no contract' });
    expect(await decisionOn(id)).toEqual([401, 'no contract']);
    await expect(doorman.client.refuse({ id, reason: 'twice' })).rejects.toThrow(/status 409.*is refused/);
  });

  test('what is no request, or not signed by its key, is told so at once', async () => {
    const none = await post('/certificate', Buffer.from('hello'));
    expect([none.status, await none.text()]).toEqual([400, expect.stringMatching(/no certificate signing request/)]);
    const csr = await forge.make('csr', 'mallory', 'NODE_CA', 'O=Mallory, L=London, C=GB');
    csr.writeUInt8(csr.readUInt8(csr.length - 1) ^ 1, csr.length - 1);
    const tampered = await post('/certificate', csr);
    expect([tampered.status, await tampered.text()]).toEqual([400, expect.stringMatching(/signature/)]);
    expect((await get('/certificate/unheard-of')).status).toBe(404);
  });
});

describe('network map', () => {
  test('there is none before the notary is known; then nodes are found by it', async () => {
    const early = await get('/network-map');
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

    const signed = await bytesOf(await get(`/network-map/network-parameters/${parameters}`));
    const told = await forge.ask('parameters', signed.toString('base64'), trustStore());
    expect(told).toMatch(/^4 \[NotaryInfo\(identity=O=Notary.*validating=true.*\[compat\.healthcheck\.NullContract\]$/);

    expect((await post('/network-map/publish', info)).status).toBe(200);
    const response = await get('/network-map');
    expect(response.headers.get('cache-control')).toBe('max-age=7');
    const map = await forge.ask('network-map', (await bytesOf(response)).toString('base64'), trustStore());
    const [hash, listed] = map.split(' ');
    expect(hash).toBe(parameters);
    expect(listed).toMatch(/^\[[0-9A-F]{64}\]$/);
    const infoPath = `/network-map/node-info/${listed?.slice(1, -1)}`;
    expect((await bytesOf(await get(infoPath))).equals(info)).toBe(true);
    expect(await (await get('/network-map/my-hostname')).text()).toMatch(/^127\.|^::1/);
  });

  test('a newer node info takes the older one’s place, never the other way round', async () => {
    const chain = await register('carol', 'O=Carol, L=London, C=GB');
    const make = (serial: string) =>
      forge.make('node-info', 'carol', serial, 'O=Carol, L=London, C=GB', chain, 'carol');
    const [old, young] = [await make('5'), await make('6')];
    for (const info of [old, young, young]) expect((await post('/network-map/publish', info)).status).toBe(200);
    expect((await post('/network-map/publish', old)).status).toBe(409);
    const { nodes } = await doorman.client.status();
    expect(nodes.filter(({ name }) => name.includes('Carol')).map(({ serial }) => serial)).toEqual([6]);
  });

  test('forged node infos are refused: signature, root, name, owner', async () => {
    const before = (await doorman.client.status()).nodes;
    const mallory = 'O=Mallory, L=London, C=GB';
    const chain = await register('mallory-2', mallory);
    const refused = async (info: Buffer<ArrayBuffer>): Promise<string> => {
      const response = await post('/network-map/publish', info);
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
    const garbage = await post('/network-map/publish', Buffer.from('hello'));
    expect([garbage.status, await garbage.text()]).toEqual([400, expect.stringMatching(/no signed node info/)]);
    expect((await doorman.client.status()).nodes).toEqual(before);
  });

  test('only nodes of the map acknowledge, and only the parameters that are', async () => {
    const { parameters } = await doorman.client.status();
    const acknowledge = async (key: string, hash: string): Promise<number> =>
      (await post('/network-map/ack-parameters', await forge.make('acknowledge', key, hash))).status;
    expect(await acknowledge('notary', parameters ?? '')).toBe(200);
    expect(await acknowledge('notary', '0'.repeat(64))).toBe(404);
    expect(await acknowledge('somebody else', parameters ?? '')).toBe(403);
    expect((await post('/network-map/ack-parameters', Buffer.from('hello'))).status).toBe(400);
  });
});

describe('operation', () => {
  test('the token is asked for, unknown paths are told', async () => {
    const stranger = new DoormanClient({ url: doorman.url, token: 'guessed' });
    await expect(stranger.status()).rejects.toThrow(/status 401\): the token is missing or wrong/);
    const response = await get('/network-map/node-infos');
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('node-infos')]);
  });

  test('metrics say what happened', async () => {
    const text = await (await get('/metrics')).text();
    expect(text).toMatch(/^corda_compat_zone_certificate_requests\{state="approved"\} [5-9]$/m);
    expect(text).toMatch(/^corda_compat_zone_node_infos 2$/m);
    expect(text).toMatch(/^corda_compat_zone_parameters_set 1$/m);
    expect(text).toMatch(/^corda_compat_zone_parameters_acknowledged 1$/m);
    expect(text).toMatch(
      /^corda_compat_zone_http_requests_total\{route="POST \/network-map\/publish",status="403"\} 3$/m,
    );
  });

  test('kill -9 loses nothing; what was half written is gone; the keys are the owner’s alone', async () => {
    const pending = await submit('dave', 'O=Dave, L=London, C=GB');
    const before = await doorman.client.status();
    const map = await bytesOf(await get('/network-map'));
    expect((await doorman.kill()).signal).toBe('SIGKILL');
    await writeFile(join(doorman.storage, 'requests/half.json.part'), '{');
    await doorman.start();
    expect(await doorman.client.status()).toEqual(before);
    expect(await decisionOn(pending)).toEqual([204, '']);
    const again = await bytesOf(await get('/network-map'));
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
