import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

let place: Place;
let cache: string;

beforeAll(async () => {
  place = await makePlace({ releases: releases('4.5', '4.8'), cordapps: finance('4.5') });
  cache = join(place.folder, 'small-disk');
  await mkdir(cache);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', cache]);
});
afterAll(async () => {
  await execa('umount', [cache]);
  await place.remove();
});

test('a full disk: blocked at once, naming the folder and what is free', { timeout: 120_000 }, async () => {
  const run = await place.run([], { COMPAT_CACHE: cache }).done();
  const cell = await run.cell('4.5+4.8');
  expect(cell.outcome, cell.because).toBe('blocked');
  expect(cell.because).toContain(cache);
  expect(cell.because).toMatch(/full|space|free/i);
  expect(run.code).toBe(1);
  expect(await place.leftovers()).toEqual([]);
});
