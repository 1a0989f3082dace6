import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { gitRig } from './git-rig.ts';
import { jvmRig } from './jvm-rig.ts';

const SOURCE = join(import.meta.dirname, 'cheating-source');

/**
 * A git release, as an entry of a matrix: a node of this version whose payments, compiled from source, are a cent too much.
 * @param folder gets the repository
 */
export async function cheatingRelease(folder: string, version: string): Promise<object> {
  const rig = await jvmRig([version], new AbortController().signal);
  const { release, agent } = rig.kit(version);
  const node = release.node.file;
  const git = await gitRig({ folder, node });
  const paths = await readdir(SOURCE, { recursive: true, withFileTypes: true });
  const files = paths.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  await git.commit(
    'cheats',
    Object.fromEntries(files.map((file, at) => [file.slice(SOURCE.length + 1), texts[at] ?? ''])),
  );
  const jars = await Promise.all(
    ['contracts', 'workflows'].map((part) => downloadArtefact(`net.corda:corda-finance-${part}:${version}`, rig.ctx)),
  );
  const given = [node, dirname(agent.jar), ...jars.map(({ file }) => file)].map((path) => `'${path}'`);
  const command = `sh build.sh ${given.join(' ')}`;
  return {
    git: git.repository,
    ref: 'cheats',
    java: 8,
    build: {
      node: { command, artefact: 'build/libs/*.jar' },
      cordapps: { command, artefact: 'build/apps/*.jar' },
    },
  };
}
