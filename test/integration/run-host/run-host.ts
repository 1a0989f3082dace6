import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SPACE_MARKER, openLedger } from '../../../src/harness/cleanup/ledger.ts';
import { createLocalProvider } from '../../../src/harness/providers/local/local-provider.ts';
import type { Space } from '../../../src/harness/providers/provider.ts';
import { startReaper } from '../../../src/harness/cleanup/reaper.ts';
import { createRunFolder, newRunId, removeRunFolder } from '../../../src/harness/cleanup/run-folder.ts';
import { waitUntil } from '../../../src/harness/support/wait.ts';
import { buildTinyNode } from '../tiny-node/tiny-node.ts';

/**
 * A run in little, for tests that kill it: `run-host.ts <root> <build folder> <end>`. Says on stdout what it has just done,
 * a JSON line each, and ends as it is told: `wait` for ever, `tidy`, `exit` without a word, `hand-over` what cannot be undone.
 */
export interface HostWord {
  readonly did: 'folder' | 'reaper' | 'space' | 'node' | 'all';
  /** Known from `folder` on. */
  readonly path: string;
  /** Everything that was started so far, by number. */
  readonly pids: readonly number[];
  readonly reaper?: number;
}

const [root = '', build = '', end = 'wait'] = process.argv.slice(2);
const pids: number[] = [];
const tiny = await buildTinyNode(build);
const folder = await createRunFolder(root, newRunId(new Date()));
say('folder');
const reaper = await startReaper(folder.path);
say('reaper');
const ledger = await openLedger(folder.ledgerFile);
if (end === 'hand-over') await ledger.record({ kind: 'folder', path: '/' });
const provider = createLocalProvider({ root, env: { PATH: process.env['PATH'], COMPAT_PORTS: '28400-28499' } });
const space = await provider.createSpace({
  runId: folder.runId,
  cell: '4.8+4.10',
  nodes: ['notary', 'party-a'].map((id) => ({ id, memoryMb: 64 })),
  services: [],
  ledger,
  signal: new AbortController().signal,
});
say('space');
await start(space, 'notary', ['stubborn', 'say', 'up']);
say('node');
await start(space, 'party-a', ['child', 'say', 'up']);
pids.push(Number((await provider.readFile(space, 'party-a', 'child.pid'))?.toString()));
startWorker();
say('all');

if (end === 'tidy') {
  await provider.destroySpace(space);
  await removeRunFolder(folder.path);
  await reaper.done();
} else if (end === 'hand-over') reaper.handOver();
else if (end === 'exit') process.exit(0);
else await once(process, 'never');

async function start(space: Space, node: string, args: readonly string[]): Promise<void> {
  await provider.startNode(space, tiny.launch(node, args));
  await waitUntil(
    async () => {
      const logs = await provider.logs(space, node);
      return logs.includes('up') ? { done: true, value: undefined } : { done: false, last: logs };
    },
    { name: `node ${node}`, limit: 20_000 },
  );
  const started = (await ledger.entries()).flatMap((entry) => entry.processes.map((ref) => ref.pid));
  pids.push(...started.filter((pid) => !pids.includes(pid)));
}

/** As a vitest worker does: it is in the run's process group, and outlives the run when only that is killed. */
function startWorker(): void {
  if (end === 'tidy') return;
  const worker = spawn('sleep', ['600'], { env: { ...process.env, [SPACE_MARKER]: folder.runId }, stdio: 'ignore' });
  worker.unref();
  pids.push(worker.pid ?? 0);
}

function say(did: HostWord['did']): void {
  const known = did === 'folder' ? {} : { reaper: reaper.pid };
  const word: HostWord = { did, path: folder.path, pids: [...pids], ...known };
  process.stdout.write(`${JSON.stringify(word)}\n`);
}
