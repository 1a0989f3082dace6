import { expect, test } from 'vitest';
import { containerLimits } from './containers.ts';

test.each([
  [[], 750],
  [['-Xmx512m'], 750],
  [['-Xmx2g'], 2048],
  [['-Xmx2g', '-Xmx1G'], 1024],
  [['-Xmx1048576k'], 1024],
  [['-Xmx1073741824', '-Xmxlarge'], 1024],
  [['-Dnote=-Xmx2g', '-Xmx2gb'], 750],
])('a container of 750 MB with %j may take %d MB and what a JVM takes beside its heap', (jvmArgs, heap) => {
  expect(containerLimits(750, jvmArgs, 2)).toEqual({ memoryMb: heap + 768, cpus: 2 });
});

test('no container has more than four processors, or more than there are', () => {
  expect(containerLimits(750, [], 64).cpus).toBe(4);
});
