import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { incompatible } from '../support/step-error.ts';
import { SILENT } from '../support/progress.ts';
import { fakeCell, fakeNetwork, fakeProvisioner } from '../testing/replay.ts';
import { createHub } from './hub.ts';
import type { Hub, HubOptions } from './hub.ts';
import type { Provisioner } from '../provision/provisioner.ts';

const A = fakeCell('4.5+4.8', 50);
const B = fakeCell('4.8+4.10', 50);

interface Rig {
  readonly hub: Hub;
  readonly events: string[];
}

function rig(make?: (log: (event: string) => void) => Provisioner, options: Partial<HubOptions> = {}): Rig {
  const events: string[] = [];
  const log = (event: string): void => void events.push(event);
  const hub = createHub({
    groups: [[A], [B]],
    progress: SILENT,
    provisioner: () => Promise.resolve((make ?? fakeProvisioner)(log)),
    ...options,
  });
  return { hub, events };
}

test('the first node that died decides the cell, others are problems', async () => {
  const died = (node: string) => ({ outcome: 'blocked', step: 'suites', message: `${node} ended` }) as const;
  const { hub } = rig((log) =>
    fakeProvisioner(log, (cell) =>
      Promise.resolve(fakeNetwork(cell, log, { losses: () => [died('party-a'), died('notary')] })),
    ),
  );
  await hub.lease(A.name);
  await hub.release(A.name);
  expect(hub.records()[0]).toMatchObject({
    failure: died('party-a'),
    problems: [{ step: 'suites', message: 'notary ended' }],
  });
});

describe('leases', () => {
  test('provision once however many ask, and nothing before anybody asks', async () => {
    const { hub, events } = rig();
    expect(events).toEqual([]);
    const answers = await Promise.all([hub.lease(A.name), hub.lease(A.name), hub.lease(A.name)]);
    expect(answers.map((answer) => answer.ok && answer.lease.cell)).toEqual([A.name, A.name, A.name]);
    expect(events).toEqual([`provision ${A.name}`]);
  });

  test('a failure is remembered and told again, and is in the record with its timings', async () => {
    const { hub, events } = rig((log) =>
      fakeProvisioner(log, (_, { releases, warn }) => {
        releases([{ release: 'l', cordapps: [] }]);
        warn(['a.jar is odd', 'b.jar too']);
        return Promise.reject(incompatible('start', 'refused', { words: ['too old'] }));
      }),
    );
    const at = { number: '2', name: 'bring it up' };
    const failure = { outcome: 'incompatible', step: 'start', at, message: 'refused', words: ['too old'] };
    expect(await hub.lease(A.name)).toEqual({ ok: false, failure });
    expect(await hub.lease(A.name)).toEqual({ ok: false, failure });
    expect(events).toEqual([`provision ${A.name}`]);
    const [record] = hub.records();
    expect(record?.failure).toEqual(failure);
    expect(record?.releases?.[0]?.release).toBe('l');
    expect(record?.warnings).toEqual(['a.jar is odd', 'b.jar too']);
    expect(record?.timings.map(({ phase }) => phase)).toEqual(['resolve', 'start']);
  });

  test('an error that nobody classified blocks at the step that was going on', async () => {
    const { hub } = rig((log) => fakeProvisioner(log, () => Promise.reject(new TypeError('oops')), 'zone'));
    expect(await hub.lease(A.name)).toMatchObject({ failure: { outcome: 'blocked', step: 'zone', message: 'oops' } });
  });

  test('a provisioner that cannot be made blocks every cell', async () => {
    const { hub } = rig(undefined, { provisioner: () => Promise.reject(new Error('no cache folder')) });
    expect(await hub.lease(A.name)).toMatchObject({ ok: false, failure: { message: 'no cache folder' } });
    expect(await hub.lease(B.name)).toMatchObject({ ok: false, failure: { message: 'no cache folder' } });
    expect(await hub.close()).toEqual([]);
  });

  test('of a later group release what an earlier one still holds, before anything comes up', async () => {
    const { hub, events } = rig();
    await hub.lease(A.name);
    await hub.lease(B.name);
    expect(events).toEqual([`provision ${A.name}`, `evidence ${A.name}`, `release ${A.name}`, `provision ${B.name}`]);
  });

  test('after the release are refused: the network is gone', async () => {
    const { hub, events } = rig();
    await hub.lease(A.name);
    await hub.release(A.name);
    expect(await hub.lease(A.name)).toMatchObject({ ok: false, failure: { outcome: 'blocked', step: 'suites' } });
    expect(events.filter((event) => event.startsWith('provision'))).toHaveLength(1);
  });

  test('of a cell that is no cell name those that are', async () => {
    await expect(rig().hub.lease('1+2')).rejects.toThrow('no cell 1+2 in this run, only 4.5+4.8, 4.8+4.10');
  });

  test('within a group wait for memory until it is there', async () => {
    let free = 1500;
    const { hub, events } = rig((log) => fakeProvisioner(log, (cell) => Promise.resolve(fakeNetwork(cell, log))), {
      groups: [[A, B]],
      freeMb: () => free,
    });
    await hub.lease(A.name);
    free = 500;
    const second = hub.lease(B.name);
    await hub.release(A.name);
    expect((await second).ok).toBe(true);
    expect(events.indexOf(`release ${A.name}`)).toBeLessThan(events.indexOf(`provision ${B.name}`));
  });
});

describe('releases', () => {
  test('once: evidence, then release; a cell that never was is not touched', async () => {
    const { hub, events } = rig();
    await hub.lease(A.name);
    await Promise.all([hub.release(A.name), hub.release(A.name), hub.release(B.name)]);
    expect(await hub.close()).toEqual([]);
    expect(events).toEqual([`provision ${A.name}`, `evidence ${A.name}`, `release ${A.name}`, 'close']);
    expect(await hub.logs(A.name)).toEqual([]);
  });

  test('are attempted whatever fails before; each failure is a problem', async () => {
    const { hub, events } = rig((log) =>
      fakeProvisioner(log, (cell) =>
        Promise.resolve(
          fakeNetwork(cell, log, {
            collectEvidence: () => Promise.reject(new Error('disk full')),
            release: () => {
              log('release');
              return Promise.reject(new AggregateError([new Error('folder'), new Error('process')], 'left over'));
            },
          }),
        ),
      ),
    );
    await hub.lease(A.name);
    await hub.close();
    expect(events).toContain('release');
    expect(hub.records()[0]?.problems).toEqual([
      { step: 'evidence', at: { number: '4', name: 'keep the evidence' }, message: 'disk full' },
      {
        step: 'destroy',
        at: { number: '5', name: 'remove the space' },
        message: 'left over; Error: folder; Error: process',
      },
    ]);
  });

  test('an engine that answers nothing any more holds neither the evidence nor the first error back', async () => {
    const never = (): Promise<void> => new Promise(() => undefined);
    const died = { outcome: 'blocked', step: 'suites', message: 'party-a ended' } as const;
    const { hub } = rig(
      (log) =>
        fakeProvisioner(log, (cell) =>
          Promise.resolve(fakeNetwork(cell, log, { losses: () => [died], collectEvidence: never, release: never })),
        ),
      { limits: { evidence: 30 } },
    );
    await hub.lease(A.name);
    await hub.release(A.name);
    expect(hub.records()[0]).toMatchObject({
      failure: died,
      problems: [
        { step: 'evidence', message: 'step 4 keep the evidence: not done within 0.03 s' },
        { step: 'destroy', message: 'step 5 remove the space: not done within 0.05 s' },
      ],
    });
  });

  test('have a limit', async () => {
    const { hub } = rig((log) =>
      fakeProvisioner(log, (cell) =>
        Promise.resolve(fakeNetwork(cell, log, { release: () => new Promise(() => undefined) })),
      ),
    );
    await hub.lease(A.name);
    await hub.close();
    expect(hub.records()[0]?.problems).toEqual([
      {
        step: 'destroy',
        at: { number: '5', name: 'remove the space' },
        message: 'step 5 remove the space: not done within 0.05 s',
      },
    ]);
  });

  test('what cells share is ended last; that it failed is a problem of the run', async () => {
    const { hub } = rig((log) => ({
      ...fakeProvisioner(log),
      close: () => Promise.reject(new Error('2 processes left')),
    }));
    await hub.lease(A.name);
    expect(await hub.close()).toEqual([{ step: 'destroy', message: '2 processes left' }]);
  });
});

describe('other networks', () => {
  test('of a cell come when all that were leased are gone, and go when they are released', async () => {
    const { hub, events } = rig((log) => fakeProvisioner(log));
    await hub.lease(A.name);
    const networks = await hub.others();
    expect(events).toEqual([`provision ${A.name}`, `evidence ${A.name}`, `release ${A.name}`]);
    const other = networks?.make({ ...A, name: 'other' }, new AbortController().signal);
    expect(await other?.lease()).toMatchObject({ ok: true });
    await other?.release();
    expect(events.slice(3)).toEqual(['provision other', 'evidence other', 'release other']);
    hub.interrupt('SIGINT');
    expect(networks?.interrupted.aborted).toBe(true);
  });

  test('there are none where networks are given, or where none was asked for', async () => {
    const { hub } = rig((log) => ({ ...fakeProvisioner(log), isGiven: true }));
    expect(await hub.others()).toBeUndefined();
    await hub.lease(A.name);
    expect(await hub.others()).toBeUndefined();
  });
});

describe('interruptions', () => {
  const untilAborted = (log: (event: string) => void): Provisioner =>
    fakeProvisioner(
      log,
      async (_, { signal }) => {
        await sleep(600_000, undefined, { signal }).finally(() => log('unwound'));
        throw new Error('unreachable');
      },
      'schema',
    );

  test('answer whoever waits, and whoever asks later, at once', async () => {
    const { hub, events } = rig(untilAborted);
    const waiting = hub.lease(A.name);
    await expect.poll(() => events).toContain(`provision ${A.name}`);
    hub.interrupt('SIGTERM');
    const at = { number: '2', name: 'bring it up' };
    const failure = { outcome: 'interrupted', step: 'schema', at, message: 'SIGTERM stopped the run' };
    expect(await waiting).toEqual({ ok: false, failure });
    expect(await hub.lease(B.name)).toMatchObject({ ok: false, failure: { outcome: 'interrupted' } });
    await hub.close();
    expect(events).toEqual([`provision ${A.name}`, 'unwound', 'close']);
  });

  test('release a network that comes up all the same', async () => {
    let finish: (() => void) | undefined;
    const { hub, events } = rig((log) =>
      fakeProvisioner(log, async (cell) => {
        await new Promise<void>((resolve) => (finish = resolve));
        return fakeNetwork(cell, log);
      }),
    );
    const waiting = hub.lease(A.name);
    await expect.poll(() => finish).toBeDefined();
    hub.interrupt('SIGINT');
    expect((await waiting).ok).toBe(false);
    const closing = hub.close();
    finish?.();
    await closing;
    expect(events).toEqual([`provision ${A.name}`, `evidence ${A.name}`, `release ${A.name}`, 'close']);
  });

  test('by the limit of provisioning: blocked, with the step it was at', async () => {
    const { hub } = rig(untilAborted, { limits: { provision: 20 } });
    expect(await hub.lease(A.name)).toMatchObject({
      ok: false,
      failure: {
        outcome: 'blocked',
        step: 'schema',
        message: expect.stringContaining('not up within 0.02 s') as string,
      },
    });
  });
});
