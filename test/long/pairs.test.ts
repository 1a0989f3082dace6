import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeenNode } from '../../src/harness/judge/health.ts';
import { HEALTH_FILE } from '../../src/harness/evidence/metrics.ts';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

/** 4.8+4.10 is in test/e2e/cell.test.ts. */
const PAIRS = [
  ['4.5', '4.8'],
  ['4.5', '4.10'],
  ['4.0', '4.10'],
  ['4.5', '4.5'],
];

describe('pairs that work with each other', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({
      releases: releases('4.0', '4.5', '4.8', '4.10'),
      cordapps: finance('4.0'),
      pairs: PAIRS,
    });
    run = await place.run().done();
  }, 900_000);
  afterAll(() => place.remove());

  test.for(PAIRS.map((pair) => pair.join('+')))('%s is compatible', async (name) => {
    const cell = await run.cell(name);
    expect(cell.outcome, cell.because).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    const titles = cell.tests.map((each) => each.name).join('\n');
    expect(titles).toMatch(/pays .*: the money arrives/);
  });

  test('each side is reported with its release, its checksum and its CorDapps', async () => {
    const { left, right } = await run.cell('4.0+4.10');
    expect(left).toMatchObject({ release: '4.0', version: '4.0', origin: 'net.corda:corda:4.0' });
    expect(right?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(right?.cordapps.map(({ origin }) => origin)).toEqual(finance('4.0').maven);
    expect(await run.junit()).toContain('4.0+4.10');
  });

  test('how each node was at the end is kept, and counted, as far as its release tells', async () => {
    const text = await readFile(join(place.folder, 'results', '4.0+4.10', HEALTH_FILE), 'utf8');
    const nodes = JSON.parse(text) as readonly SeenNode[];
    expect(nodes.map(({ release, view: { jvm } }) => [release, jvm?.pool?.total, jvm?.pool?.max])).toEqual([
      ['4.0', 10, undefined],
      ['4.0', 10, undefined],
      ['4.10', 10, 10],
    ]);
    for (const { view } of nodes) {
      expect(view.jvm?.heapUsedBytes).toBeGreaterThan(0);
      expect(view.jvm?.flows?.started).toBeGreaterThan(0);
      expect(view.jvm?.flows?.inFlight).toBe(0);
    }
    const { metrics } = await run.cell('4.0+4.10');
    const notarised = (metrics ?? []).filter(({ name }) => name === 'corda_compat_notarisation_seconds_count');
    const sides = notarised.map(({ labels, value }) => [labels['notary_release'], labels['from_release'], value]);
    expect(sides).toEqual([
      ['4.0', '4.0', 1],
      ['4.0', '4.10', 1],
    ]);
  });

  test('the run ends well and with its last line', () => {
    expect(run.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    expect(run.code).toBe(0);
  });

  test('evidence of every node is kept, everything else is gone', async () => {
    for (const pair of PAIRS) {
      const evidence = await readdir(join(place.folder, 'results', pair.join('+')));
      expect(evidence).toEqual(expect.arrayContaining(['journal.jsonl', 'notary', 'party-a', 'party-b']));
    }
    expect(await place.leftovers()).toEqual([]);
  });
});
