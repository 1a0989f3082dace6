import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

const HEAP_TOO_SMALL = ['-XX:MaxMetaspaceSize=24m'];

describe('a bad cell is told from a bad pair, and the others go on', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({});
    const text = join(place.folder, 'text.jar');
    await writeFile(text, 'no jar at all');
    const matrix = {
      releases: {
        ...releases('4.5', '4.8'),
        unknown: { maven: '4.99' },
        text: { jar: text },
        'no-flows': { maven: '4.8', cordapps: { maven: ['net.corda:corda-finance-contracts:4.5'] } },
        'no-memory': { maven: '4.5', jvmArgs: HEAP_TOO_SMALL },
        'java-17': { maven: '4.5', java: 17 },
      },
      cordapps: finance('4.5'),
      pairs: ['unknown', 'text', 'no-flows', 'no-memory', 'java-17', '4.5'].map((left) => [left, '4.8']),
    };
    await writeFile(join(place.folder, 'matrix.json'), JSON.stringify(matrix));
    run = await place.run(['suites/issue']).done();
  }, 600_000);
  afterAll(() => place.remove());

  test.for([
    ['unknown+4.8', 'not-built', 'resolve', /4\.99.*(4\.10|4\.9)/s],
    ['text+4.8', 'not-built', 'resolve', /text\.jar/],
    ['no-flows+4.8', 'blocked', 'cordapps', /CashIssueFlow/],
    ['no-memory+4.8', 'blocked', 'start', /memory/i],
    ['java-17+4.8', 'blocked', '', /java/i],
  ] as const)('%s is %s at %s', async ([name, outcome, step, words]) => {
    const cell = await run.cell(name);
    expect(cell.outcome, cell.because).toBe(outcome);
    if (step !== '') expect(cell.failure?.step).toBe(step);
    expect(cell.because).toMatch(words);
    expect(cell.because).toMatch(name.split('+')[0] === 'java-17' ? /java-17|4\.5/ : /\w/);
  });

  test('the good pair beside them is compatible', async () => {
    expect((await run.cell('4.5+4.8')).outcome).toBe('compatible');
  });

  test('JUnit shows them as errors, the run fails, nothing is left', async () => {
    const junit = await run.junit();
    for (const name of ['unknown', 'text', 'no-flows', 'no-memory', 'java-17']) {
      expect(junit).toMatch(new RegExp(`<testsuite name="${name}\\+4.8"[^>]* errors="[1-9]`));
    }
    expect(run.code).toBe(1);
    expect(run.lastLine).toBe('2 passed, 5 failed');
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('one bad thing alone', () => {
  let place: Place | undefined;
  let server: Server | undefined;
  afterEach(async () => {
    server?.close();
    await place?.remove();
  });

  test('a node that never answers is ended at its limit, with its last words', async () => {
    // A debugger that nobody attaches holds this real node for ever.
    const held = ['-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:0'];
    place = await makePlace({
      releases: { held: { maven: '4.5', jvmArgs: held }, '4.8': { maven: '4.8' } },
      cordapps: finance('4.5'),
      limits: { start: 5 },
    });
    const run = await place.run().done();
    const cell = (await run.report()).cells[0];
    expect(cell?.outcome, cell?.because).toBe('blocked');
    expect(cell?.because).toMatch(/was not up within 5 s; its log ends with what its threads do/);
    const log = /log: (\S+console\.log)/.exec(cell?.because ?? '')?.[1] ?? '';
    expect(await readFile(log, 'utf8')).toMatch(/^Full thread dump[^]*"main"/m);
    expect(await place.leftovers()).toEqual([]);
  }, 120_000);

  test('no free port: says which range, and who holds one', async () => {
    server = createServer();
    server.listen(21_950, '127.0.0.1');
    await once(server, 'listening');
    place = await makePlace({ releases: releases('4.5', '4.8'), cordapps: finance('4.5') });
    const run = await place.run([], { COMPAT_PORTS: '21950-21959' }).done();
    const cell = await run.cell('4.5+4.8');
    expect(cell.outcome, cell.because).toBe('blocked');
    expect(cell.failure?.step).toBe('space');
    expect(cell.because).toMatch(/21950.*21959/);
    expect(await place.leftovers()).toEqual([]);
  }, 120_000);

  test('a matrix of one release says what a pair needs, before anything is done', async () => {
    place = await makePlace({ releases: releases('4.5'), cordapps: finance('4.5') });
    const run = await place.run().done();
    expect(run.code).not.toBe(0);
    expect(run.output).toMatch(/pair/);
    expect(run.output).toContain('[["4.5","4.5"]]');
  }, 60_000);
});
