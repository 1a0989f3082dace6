import { describe, expect, test } from 'vitest';
import type { Cell } from '../config/cell.ts';
import { availableMemoryMb, cellsAtOnce, estimateMb, freeBeside } from './memory.ts';

describe('cells at once', () => {
  const cell = { provider: 'local', topology: { nodes: [{}, {}, {}] } } as unknown as Cell;
  const matrix = (parallel: number) => ({ cells: [cell], parallel });
  test.for([
    [1, 100_000, 1],
    [3, 100_000, 3],
    [3, 5200, 2],
    [3, 5199, 1],
    [3, 900, 1],
  ] as const)('%i asked for with %i MB: %i', ([parallel, mb, expected]) => {
    expect(cellsAtOnce(matrix(parallel), mb)).toBe(expected);
  });

  test('a cluster is not held back by the memory of this machine', () => {
    const inCluster = { ...cell, provider: 'kubernetes' } as const;
    expect(cellsAtOnce({ cells: [inCluster, inCluster], parallel: 2 }, 900)).toBe(2);
  });
});

test('a network takes what its nodes, its driver and its doorman take', () => {
  const topology = { nodes: [{}, {}, {}], onboarding: 'doorman' } as unknown as Cell['topology'];
  expect(estimateMb({ provider: 'docker', topology })).toBe(3 * 750 + 350 + 250);
  expect(estimateMb({ provider: 'docker', topology: { ...topology, onboarding: 'minted' } })).toBe(3 * 750 + 350);
  expect(estimateMb({ provider: 'kubernetes', topology })).toBe(0);
});

test('what was promised is not free', () => {
  expect(freeBeside(5000.5, [3000, 0, 250])).toBe(1750);
});

test('this machine has some', () => {
  expect(availableMemoryMb()).toBeGreaterThan(10);
});
