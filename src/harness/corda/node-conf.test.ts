import { expect, test } from 'vitest';
import type { PlatformFacts } from './facts.ts';
import { H2_SOURCE, postgresSource } from './database.ts';
import type { NodePlace } from './topology.ts';
import { nodeConf } from './node-conf.ts';

const place: NodePlace = {
  id: 'party-a',
  stagingFolder: '/tmp/party-a',
  listenOn: 'localhost',
  addresses: {
    p2p: { host: 'localhost', port: 1 },
    rpc: { host: 'localhost', port: 2 },
    rpcAdmin: { host: 'localhost', port: 3 },
    jmx: { host: 'localhost', port: 5 },
    h2: { host: 'localhost', port: 4 },
  },
};
const node = { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.5' } as const;
const notary = { ...node, notary: { validating: true, service: 'O=Service, L=London, C=GB' } };
const facts = { cli: 'subcommands' } as PlatformFacts;
const rpcUser = { user: 'u', password: 'p' };

function conf(input: Partial<Parameters<typeof nodeConf>[0]>): Record<string, unknown> {
  return JSON.parse(nodeConf({ node, place, facts, source: H2_SOURCE, rpcUser, ...input })) as Record<string, unknown>;
}

test('4.x opens its database by h2Settings, 3.x by h2port, never both', () => {
  expect(conf({})).toMatchObject({ h2Settings: { address: 'localhost:4' } });
  expect(conf({})).not.toHaveProperty('h2port');
  const three = conf({ facts: { cli: 'flags' } as PlatformFacts });
  expect(three).toMatchObject({ h2port: 4 });
  expect(three).not.toHaveProperty('h2Settings');
});

test('the broker of 4.x is bound to loopback; 3.x would take its address for an external broker', () => {
  expect(conf({})).toMatchObject({ messagingServerAddress: 'localhost:1', messagingServerExternal: false });
  const three = conf({ facts: { cli: 'flags' } as PlatformFacts });
  expect(three).not.toHaveProperty('messagingServerAddress');
  expect(three).not.toHaveProperty('messagingServerExternal');
});

test('where a space has a network of its own all is open to it but the RPC broker’s own door', () => {
  const open = conf({ place: { ...place, listenOn: '0.0.0.0' } });
  expect(open).toMatchObject({
    p2pAddress: 'localhost:1',
    messagingServerAddress: '0.0.0.0:1',
    rpcSettings: { address: '0.0.0.0:2', adminAddress: '127.0.0.1:3' },
    h2Settings: { address: '0.0.0.0:4' },
  });
});

test('only a notary has a notary block', () => {
  expect(conf({})).not.toHaveProperty('notary');
  expect(conf({ node: notary })['notary']).toEqual({ validating: true });
});

test('a notary names its service where it registers one: from 4.6 on, with a doorman', () => {
  const facts = { cli: 'subcommands', serviceIdentity: true } as PlatformFacts;
  const zone = 'http://localhost:5';
  const serviceLegalName = notary.notary.service;
  expect(conf({ node: notary, facts, zone })['notary']).toEqual({ validating: true, serviceLegalName });
  expect(conf({ node: notary, facts })['notary']).toEqual({ validating: true });
  expect(conf({ node: notary, zone })['notary']).toEqual({ validating: true });
});

test('in a zone with a doorman a node is told where it is and leaves development mode; of a minted one it is told nothing', () => {
  const zone = 'http://localhost:5';
  expect(conf({ zone })).toMatchObject({
    devMode: false,
    networkServices: { doormanURL: zone, networkMapURL: zone },
    cordappSignerKeyFingerprintBlacklist: [],
  });
  const three = conf({ zone, facts: { cli: 'flags' } as PlatformFacts });
  expect(three).toMatchObject({ devMode: false, compatibilityZoneURL: zone });
  // 3.x does not know the key.
  expect(three).not.toHaveProperty('cordappSignerKeyFingerprintBlacklist');
  const minted = conf({});
  expect(minted).toMatchObject({ devMode: true });
  expect(minted).not.toHaveProperty('networkServices');
});

test('a database of PostgreSQL is named whole, since the defaults are those of H2', () => {
  const access = { url: 'jdbc:postgresql://localhost:5432/a', user: 'a', password: 'p' };
  expect(conf({ source: postgresSource(access) })).toMatchObject({
    dataSourceProperties: { dataSourceClassName: 'org.postgresql.ds.PGSimpleDataSource', dataSource: access },
  });
});
