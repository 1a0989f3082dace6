import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { imageArchive } from '../../../src/harness/images/build.ts';
import { measureLayer, type Layer } from '../../../src/harness/images/layers.ts';
import { PAUSE_IMAGE } from './node-files.ts';
import { containers } from './node.ts';
import type { ClusterPlan } from './plan.ts';

/** Makes the image of every pod's first process, of one file, and gives it to containerd. */
export async function importPauseImage(plan: ClusterPlan): Promise<void> {
  const { signal } = new AbortController();
  const entries = [{ kind: 'file' as const, path: '/pause', from: plan.box.pause, mode: 0o755 }];
  const layer: Layer = { key: 'pause', what: 'pause', entries: () => Promise.resolve(entries) };
  const facts = await measureLayer(entries, signal);
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { type: 'layers', diff_ids: [facts.diffId] },
  });
  const image = { name: PAUSE_IMAGE, config, base: { layers: [] }, layers: [{ layer, facts }] };
  const file = join(plan.root, 'pause.tar');
  await pipeline(imageArchive([image], signal), createWriteStream(file));
  const done = await containers(plan, ['images', 'import', file]);
  if (done.failed) throw new Error(`containerd did not take the image ${PAUSE_IMAGE}: ${done.stderr}`);
}
