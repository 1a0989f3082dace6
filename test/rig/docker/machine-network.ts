import { execa } from 'execa';
import { readdir } from 'node:fs/promises';

const TOOLS = ['iptables', 'ip6tables'] as const;
/** What an engine calls its bridges and the ends of its containers' cables. */
const LINK = /^(docker0|br-[0-9a-f]{12}|veth[0-9a-f]{7})$/;

/** What an engine changes on a machine outside its own folders. */
export interface MachineNetwork {
  readonly links: readonly string[];
  /** As `iptables-save` prints them, by tool. */
  readonly rules: Readonly<Record<(typeof TOOLS)[number], readonly string[]>>;
}

export async function machineNetwork(): Promise<MachineNetwork> {
  const [iptables, ip6tables] = await Promise.all(TOOLS.map(rulesOf));
  return {
    links: (await readdir('/sys/class/net')).sort(),
    rules: { iptables: iptables ?? [], ip6tables: ip6tables ?? [] },
  };
}

/** What is there of an engine that was not there before, for people. */
export async function networkLeftovers(before: MachineNetwork): Promise<readonly string[]> {
  const now = await machineNetwork();
  return [
    ...newLinks(before, now).map((name) => `network link ${name}`),
    ...TOOLS.flatMap((tool) => addedRules(before, now, tool).map(({ text }) => `${tool} ${text}`)),
  ];
}

/** Removes links, rules and chains of an engine that has ended. Others' stay. */
export async function restoreNetwork(before: MachineNetwork): Promise<void> {
  const now = await machineNetwork();
  for (const name of newLinks(before, now)) await execa('ip', ['link', 'delete', name], { reject: false });
  for (const tool of TOOLS) {
    const added = addedRules(before, now, tool);
    // Rules first: a chain that something leads to, or that has rules, cannot go.
    for (const { table, rule } of added) {
      if (rule.startsWith('-A ')) await execa(tool, ['-w', '-t', table, '-D', ...rule.slice(3).split(' ')]);
    }
    for (const { table, rule } of added) {
      const [, chain = '', policy = ''] = /^:(\S+) (\S+)/.exec(rule) ?? [];
      if (policy === '-') await execa(tool, ['-w', '-t', table, '-X', chain]);
      else if (policy === 'DROP') await execa(tool, ['-w', '-t', table, '-P', chain, 'ACCEPT']);
    }
  }
}

interface Rule {
  readonly table: string;
  readonly rule: string;
  /** Both, for people. */
  readonly text: string;
}

/** Rules, chains and policies that an engine has made. */
function addedRules(before: MachineNetwork, now: MachineNetwork, tool: (typeof TOOLS)[number]): readonly Rule[] {
  const old = new Set(tablesOf(before.rules[tool]).map(({ text }) => text));
  return tablesOf(now.rules[tool]).filter(({ rule, text }) => {
    if (old.has(text)) return false;
    const policy = /^:FORWARD DROP/.test(rule);
    return policy || /DOCKER|docker0|br-[0-9a-f]{12}|10\.21[34]\./.test(rule);
  });
}

function tablesOf(lines: readonly string[]): readonly Rule[] {
  let table = '';
  return lines.flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    if (!/^(-A|:)/.test(line)) return [];
    // Chains are followed by counters of packets.
    const rule = line.replace(/ \[\d+:\d+\]$/, '');
    return [{ table, rule, text: `${table} ${rule}` }];
  });
}

function newLinks(before: MachineNetwork, now: MachineNetwork): readonly string[] {
  return now.links.filter((name) => LINK.test(name) && !before.links.includes(name));
}

async function rulesOf(tool: string): Promise<readonly string[]> {
  const { stdout } = await execa(`${tool}-save`, { reject: false });
  return (stdout ?? '').split('\n');
}
