import { execa } from 'execa';
import { whereIs } from './whereabouts.ts';

/** Both ends of packets that are to be lost, by their ports. */
interface Cut {
  readonly from?: string;
  readonly to?: string;
}

/**
 * Takes a node away from all others: no packet between their P2P ports comes through, in either direction, and nobody is told.
 * On the loopback alone. @returns what heals it
 */
export async function cutOff(spaces: string, node: string, others: readonly string[]): Promise<() => Promise<void>> {
  const own = await p2pPort(spaces, node);
  const ofOthers = await Promise.all(others.map((other) => p2pPort(spaces, other)));
  const opened = await connectionsOf(own, ofOthers);
  const cuts: readonly Cut[] = [
    { to: own },
    { from: own },
    ...opened.flatMap(({ from, to }) => [
      { from, to },
      { from: to, to: from },
    ]),
  ];
  for (const cut of cuts) await iptables('-I', cut);
  return async () => {
    for (const cut of cuts) await iptables('-D', cut);
  };
}

async function p2pPort(spaces: string, node: string): Promise<string> {
  const { conf } = await whereIs(spaces, node);
  return conf.p2pAddress.split(':').at(-1) ?? '';
}

/** Connections that the process which listens on a port has opened to others. */
async function connectionsOf(port: string, others: readonly string[]): Promise<readonly Required<Cut>[]> {
  const { stdout: listening } = await execa('ss', ['-Htlnp', `sport = :${port}`]);
  const pid = /pid=\d+/.exec(listening)?.[0];
  if (pid === undefined) throw new Error(`nobody listens on ${port}`);
  const { stdout } = await execa('ss', ['-Htnp', 'state', 'established']);
  return stdout.split('\n').flatMap((line) => {
    const [, , from = '', to = ''] = line.trim().split(/\s+/);
    const ports = { from: from.split(':').at(-1) ?? '', to: to.split(':').at(-1) ?? '' };
    return line.includes(`${pid},`) && others.includes(ports.to) ? [ports] : [];
  });
}

async function iptables(command: '-I' | '-D', { from, to }: Cut): Promise<void> {
  const ports = [...(from === undefined ? [] : ['--sport', from]), ...(to === undefined ? [] : ['--dport', to])];
  await execa('iptables', ['-w', command, 'INPUT', '-i', 'lo', '-p', 'tcp', ...ports, '-j', 'DROP']);
}
