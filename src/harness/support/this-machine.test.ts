import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { thisMachine } from './this-machine.ts';

const MACHINE = '3d1219c7c4c5404aaa1f6d2a48adfda4';
const OWN = 'pid:[4026531836]';
const CONTAINER = 'pid:[4026532281]';

/** The opaque part, as a machine with these files tells it. */
async function machineWith(id: string | undefined, boot: string, processSpace: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'machine-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const folder of ['etc', 'proc/self/ns', 'proc/sys/kernel/random'])
    await mkdir(join(root, folder), { recursive: true });
  if (id !== undefined) await writeFile(join(root, 'etc/machine-id'), id);
  await writeFile(join(root, 'proc/sys/kernel/random/boot_id'), `${boot}\n`);
  await symlink(processSpace, join(root, 'proc/self/ns/pid'));
  return (await thisMachine(`${root}/`)).machine;
}

test('a machine stays the same one over its starts, and differs from another', async () => {
  const here = await machineWith(`${MACHINE}\n`, 'boot-1', OWN);
  expect(await machineWith(`${MACHINE}\n`, 'boot-2', OWN)).toBe(here);
  expect(await machineWith(`${MACHINE.replace('3', '4')}\n`, 'boot-1', OWN)).not.toBe(here);
});

test.each([undefined, '', 'uninitialized\n'])(
  'without an id of its own (%j) each start is another machine',
  async (id) => {
    expect(await machineWith(id, 'boot-1', OWN)).toBe(await machineWith(id, 'boot-1', OWN));
    expect(await machineWith(id, 'boot-1', OWN)).not.toBe(await machineWith(id, 'boot-2', OWN));
  },
);

test('containers of one image differ on one machine, and on two machines', async () => {
  const here = await machineWith(MACHINE, 'boot-1', CONTAINER);
  expect(await machineWith(MACHINE, 'boot-1', 'pid:[4026532999]')).not.toBe(here);
  expect(await machineWith(MACHINE, 'boot-2', CONTAINER)).not.toBe(here);
});

test('this machine tells the same twice', async () => {
  expect(await thisMachine()).toEqual(await thisMachine());
});
