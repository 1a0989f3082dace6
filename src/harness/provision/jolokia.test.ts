import { expect, test } from 'vitest';
import type { NodeKit } from '../releases/artefacts.ts';
import type { NodePlace } from '../corda/topology.ts';
import { jolokiaOptions, jolokiaProperties, jolokiaUrl } from './jvm-options.ts';

const at = (port: number) => ({ host: 'party-a', port });
const PLACE: NodePlace = {
  id: 'party-a',
  stagingFolder: '/stages/party-a',
  listenOn: '0.0.0.0',
  addresses: { p2p: at(1), rpc: at(2), rpcAdmin: at(3), h2: at(4), jmx: at(5) },
};
const KIT = { jolokia: '/kits/1/jolokia-jvm-1.6.1-agent.jar' } as NodeKit;

test('the agent listens where its node listens, asks who it is, and answers no call into the network', () => {
  expect(jolokiaProperties(PLACE, { user: 'compat', password: 'secret' })).toBe(
    'host=0.0.0.0\nport=5\nuser=compat\npassword=secret\ndiscoveryEnabled=false\n',
  );
});

test('its command line has no password', () => {
  expect(jolokiaOptions(KIT)).toEqual(['-javaagent:compat-agent.jar=config=compat-jolokia.properties']);
  expect(jolokiaUrl(PLACE)).toBe('http://party-a:5/jolokia/');
});

test('a release without the agent is started without it', () => {
  expect(jolokiaOptions({} as NodeKit)).toEqual([]);
});
