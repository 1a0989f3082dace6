/** A run of its own for the tests of two runs at once: `fetch-artefact.ts COORDINATE`, cache and repository by the environment. */
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';

const progress = { say: (text: string) => void process.stderr.write(`${text}\n`) };
const ctx = await createReleasesContext({ env: process.env, progress, signal: new AbortController().signal });
const artefact = await downloadArtefact(process.argv[2] ?? '', ctx);
process.stdout.write(`${artefact.file}\n`);
