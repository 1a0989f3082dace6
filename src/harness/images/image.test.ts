import { expect, test } from 'vitest';
import { classPathInImage } from './image.ts';
import type { NodeKit } from '../releases/artefacts.ts';

test('inside images the jars of a kit lie in one folder, in the same order', () => {
  const kit = { classPath: ['/cache/x/corda-node-4.8.jar', '/cache/y/artemis.jar'] } as unknown as NodeKit;
  expect(classPathInImage(kit)).toEqual(['/opt/corda/lib/corda-node-4.8.jar', '/opt/corda/lib/artemis.jar']);
});
