import { execa } from 'execa';
import { whereIs } from './whereabouts.ts';

/** Packets that are to be lost, by their ports. */
interface Cut {
  readonly from?: string;
  readonly to: string;
  /** Only those that open a connection. */
  readonly opening?: boolean;
}

/**
 * Takes a node away from all others: no packet between their P2P ports comes through, in either direction, and nobody is told.
 * A node's connections to itself stay, as they do when a cable is pulled: without its own broker it ends. No other node can open
 * a connection meanwhile. On the loopback alone. @returns what heals it
 */
export async function cutOff(spaces: string, node: string, others: readonly string[]): Promise<() => Promise<void>> {
  const own = await p2pPort(spaces, node);
  const ofOthers = await Promise.all(others.map((other) => p2pPort(spaces, other)));
  const opened = await connectionsBetween(own, ofOthers);
  const cuts: readonly Cut[] = [
    ...[own, ...ofOthers].map((to) => ({ to, opening: true })),
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
  return portOf(conf.p2pAddress);
}

/** Connections that the process which listens on a port has opened to others, or they to it. */
async function connectionsBetween(
  own: string,
  others: readonly string[],
): Promise<readonly Required<Omit<Cut, 'opening'>>[]> {
  const { stdout: listening } = await execa('ss', ['-Htlnp', `sport = :${own}`]);
  const pid = /pid=\d+/.exec(listening)?.[0];
  if (pid === undefined) throw new Error(`nobody listens on ${own}`);
  const { stdout } = await execa('ss', ['-Htnp', 'state', 'established']);
  return stdout.split('\n').flatMap((line) => {
    const [, , local = '', remote = ''] = line.trim().split(/\s+/);
    const from = portOf(local);
    const to = portOf(remote);
    const isOpened = line.includes(`${pid},`) ? others.includes(to) : to === own;
    return isOpened ? [{ from, to }] : [];
  });
}

function portOf(address: string): string {
  return address.split(':').at(-1) ?? '';
}

async function iptables(command: '-I' | '-D', { from, to, opening }: Cut): Promise<void> {
  const ports = [...(from === undefined ? [] : ['--sport', from]), '--dport', to, ...(opening ? ['--syn'] : [])];
  await execa('iptables', ['-w', command, 'INPUT', '-i', 'lo', '-p', 'tcp', ...ports, '-j', 'DROP']);
}
