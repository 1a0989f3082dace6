/**
 * A run in little that builds a git release, for tests of two runs at once and of a run that is killed:
 * `build-git-release.ts <state root> <release as JSON>`; cache by the environment. Prints what it says, at last the commit.
 */
import type { Release } from '../../src/harness/config/release.ts';
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { openLedger } from '../../src/harness/cleanup/ledger.ts';
import { startReaper } from '../../src/harness/cleanup/reaper.ts';
import { createRunFolder, newRunId, removeRunFolder } from '../../src/harness/cleanup/run-folder.ts';

const [root = '', release = ''] = process.argv.slice(2);
const folder = await createRunFolder(root, newRunId(new Date()));
const reaper = await startReaper(folder.path);
const ledger = await openLedger(folder.ledgerFile);
const progress = { say: (text: string) => void process.stdout.write(`${text}\n`) };
const ctx = await createReleasesContext({
  env: process.env,
  progress,
  signal: new AbortController().signal,
  run: { id: folder.runId, ledger: () => Promise.resolve(ledger) },
});
const { built, node } = await resolveRelease(JSON.parse(release) as Release, ctx);
process.stdout.write(`built ${built?.commit ?? '?'} ${node.sha256}\n`);
await ledger.close();
await removeRunFolder(folder.path);
await reaper.done();
