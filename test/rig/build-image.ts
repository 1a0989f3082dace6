/**
 * A run in little that builds a node's image, and publishes it where a registry is named, for tests that kill it:
 * `build-image.ts <DOCKER_HOST> <jar of any size> [registry]`.
 */
import { imagesOf } from './image-rig.ts';
import { jvmRig } from './jvm-rig.ts';
import { sha256 } from './releases-rig.ts';
import { ensureImages } from '../../src/harness/images/ensure-images.ts';
import { nodeImage } from '../../src/harness/images/image.ts';
import { readFile } from 'node:fs/promises';

const [host = '', file = '', registry] = process.argv.slice(2);
const rig = await jvmRig(['4.8'], new AbortController().signal);
const kit = rig.kit('4.8');
const node = { ...kit.release.node, file, sha256: sha256(await readFile(file)) };
const release = { ...kit.release, node };
await ensureImages(
  [nodeImage({ kit: { ...kit, release, classPath: [file] }, runtime: rig.jdk })],
  imagesOf({ releases: rig.ctx, host, ...(registry === undefined ? {} : { registry }) }),
);
process.stdout.write('built\n');
