import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import type { NodeExit, Provider } from '../../src/harness/providers/provider.ts';
import type { Bench } from '../lib/bench.ts';

/** A capsule unpacks itself into its cache at its first start; its JVMs leave nothing in the machine's temporary folder. */
export function capsuleEnvironment({ folder }: Pick<Bench, 'folder'>, marker: string): Record<string, string> {
  return {
    LC_ALL: 'C.UTF-8',
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    CAPSULE_CACHE_DIR: join(folder, 'capsule'),
    JAVA_TOOL_OPTIONS: `-XX:-UsePerfData -Djava.io.tmpdir=${folder}`,
    [SPACE_MARKER]: marker,
  };
}

/** Provider local, but nodes are started as an operator does: `java -jar corda.jar`. */
export function capsuleProvider(bench: Bench): Provider {
  return {
    ...bench.provider,
    startNode: async (space, { node, kit, runtime, nodeArgs }) => {
      const stagingFolder = space.places.get(node)?.stagingFolder ?? '';
      const output = await open(join(stagingFolder, 'console.log'), 'a', 0o600);
      const args = ['-jar', kit.release.node.file, ...nodeArgs, '--base-directory', stagingFolder];
      const child = spawn(runtime.java, args, {
        cwd: stagingFolder,
        env: capsuleEnvironment(bench, space.id),
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      const exited = new Promise<NodeExit>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      await once(child, 'spawn');
      await output.close();
      return { node, exited };
    },
  };
}
