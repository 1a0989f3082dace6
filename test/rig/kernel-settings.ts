import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists, writeDurably } from '../../src/harness/support/files.ts';
import { exclusively } from './exclusively.ts';

const SETTINGS = '/proc/sys';
export const FORWARDING = 'net/ipv4/ip_forward';

/** What rigs have changed: several may want the same, and each may be the last that is taken down. */
interface Ledger {
  /** By path below `/proc/sys`: before any rig that is up. */
  readonly before: Readonly<Record<string, string>>;
  /** Paths by a rig's folder. */
  readonly holders: Readonly<Record<string, readonly string[]>>;
}

/** Notes the kernel's settings that a rig, or what it starts, is about to change; those that this kernel has. */
export async function holdSettings(root: string, paths: readonly string[]): Promise<void> {
  await withLedger(root, async ({ before, holders }) => {
    const known = await Promise.all(paths.map(async (path) => ({ path, value: await valueOf(path) })));
    const fresh = known.filter(({ path, value }) => value !== undefined && before[path] === undefined);
    return {
      before: { ...before, ...Object.fromEntries(fresh.map(({ path, value }) => [path, value ?? ''])) },
      holders: { ...holders, [root]: paths },
    };
  });
}

/** Sets back what no other rig needs. */
export async function releaseSettings(root: string): Promise<void> {
  await withLedger(root, async ({ before, holders }) => {
    const others = Object.fromEntries(Object.entries(holders).filter(([holder]) => holder !== root));
    const needed = new Set(Object.values(others).flat());
    for (const [path, value] of Object.entries(before)) {
      if (!needed.has(path) && (await valueOf(path)) !== value) await setTo(path, value);
    }
    return {
      before: Object.fromEntries(Object.entries(before).filter(([path]) => needed.has(path))),
      holders: others,
    };
  });
}

export async function setTo(path: string, value: string): Promise<void> {
  await writeFile(join(SETTINGS, path), value);
}

async function valueOf(path: string): Promise<string | undefined> {
  const text = await readFile(join(SETTINGS, path), 'utf8').catch(() => undefined);
  return text?.trim();
}

async function withLedger(root: string, change: (ledger: Ledger) => Promise<Ledger>): Promise<void> {
  const file = join(dirname(root), 'corda-compat-rig-settings.json');
  await exclusively(file, async () => {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const ledger = text === undefined ? { before: {}, holders: {} } : (JSON.parse(text) as Ledger);
    const changed = await change({ ...ledger, holders: await stillThere(ledger.holders) });
    if (Object.keys(changed.holders).length === 0) await rm(file, { force: true });
    else await writeDurably(file, JSON.stringify(changed));
  });
}

/** A rig without a folder cannot be taken down any more. */
async function stillThere(holders: Ledger['holders']): Promise<Ledger['holders']> {
  const entries = await Promise.all(
    Object.entries(holders).map(async (entry) => ((await exists(entry[0])) ? [entry] : [])),
  );
  return Object.fromEntries(entries.flat());
}
