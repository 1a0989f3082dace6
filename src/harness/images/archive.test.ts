import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { imageArchive } from './build.ts';
import { measureLayer, type LayerEntry } from './layers.ts';

const ROUNDS = 60;

test('an archive that is broken off anywhere ends with the reason, and nothing of it ends the process', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'big.jar');
  await writeFile(file, Buffer.alloc(4_000_000, 1));
  const texts = Array.from({ length: 40 }, (_, index) => {
    return { kind: 'file', path: `/z/${index}`, from: Buffer.alloc(1_000) } satisfies LayerEntry;
  });
  const entries: readonly LayerEntry[] = [{ kind: 'file', path: '/a/big.jar', from: file }, ...texts];
  const facts = await measureLayer(entries, new AbortController().signal);
  const layer = { key: 'key', what: 'files', entries: () => Promise.resolve(entries) };
  const image = { name: 'a:b', config: '{}', base: { layers: [] }, layers: [{ layer, facts }] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const interrupt = new AbortController();
    const archive = imageArchive([image], interrupt.signal);
    const read = archive.forEach(() => pause(0)).catch((error: unknown) => error);
    await pause(round / 4);
    interrupt.abort(new Error('interrupted'));
    const end = await read;
    // Undefined: it was there before the interrupt.
    if (end !== undefined) expect((end as Error).name).toBe('AbortError');
  }
});
