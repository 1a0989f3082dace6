import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { mkdir, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RUN_SCHEMA } from '../../src/harness/judge/run-report.ts';
import { makeProject } from './vitest-run.ts';
import type { Project, ProjectOptions } from './vitest-run.ts';

/** Real runs of vitest under the real plugin; the networks alone are fake (fake-provisioner.ts). */

const PASSING = {
  issue: `test('issues', () => log('issue ' + cell));`,
  vault: `test('adds up', () => log('vault ' + cell));`,
};
const TWO_CELLS = ['4.5+4.8', '4.8+4.10'];
const times = (events: readonly string[], event: string): number => events.filter((one) => one === event).length;

let project: Project | undefined;
afterEach(() => project?.remove());

async function started(options: Partial<ProjectOptions>): Promise<Project> {
  project = await makeProject({ cells: TWO_CELLS, suites: PASSING, ...options });
  return project;
}

describe('cells that run', () => {
  test('come up and go one after the other, suites in their order, and end with the last line', async () => {
    const { vitest, events, leftovers } = await started({
      suites: {
        ...PASSING,
        zebra: `test('z', () => log('zebra ' + cell));`,
        pay: `test('pays', () => log('pay ' + cell));`,
      },
    });
    const { code, lastLine, report, junit } = await vitest(['run']).done();

    const life = (cell: string): string[] =>
      ['provision', 'issue', 'pay', 'zebra', 'vault', 'evidence', 'release', 'released'].map(
        (event) => `${event} ${cell}`,
      );
    expect(await events()).toEqual([...life('4.5+4.8'), ...life('4.8+4.10'), 'close']);
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: '8 passed, 0 failed' });
    const { ok, cells } = await report();
    expect({ ok, outcomes: cells.map((cell) => cell.outcome) }).toEqual({
      ok: true,
      outcomes: ['compatible', 'compatible'],
    });
    expect(cells[0]?.timings.map(({ phase }) => phase)).toEqual([
      'resolve',
      'zone',
      'start',
      'suites',
      'evidence',
      'destroy',
    ]);
    expect(XMLValidator.validate(await junit())).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  test('fail with a failed test, which is named with its cell', async () => {
    const { vitest } = await started({
      suites: { pay: `test('pays', () => expect(cell, 'vault of PartyB').toBe('4.5+4.8'));`, ...PASSING },
    });
    const { code, lastLine, report, junit, output } = await vitest(['run']).done();

    expect({ code, lastLine }).toEqual({ code: 1, lastLine: '5 passed, 1 failed' });
    expect((await report()).cells.map((cell) => cell.outcome)).toEqual(['compatible', 'incompatible']);
    expect(output).toContain('4.8+4.10  FAILED  suites/pay.test.ts > pays');
    expect(output).toContain('vault of PartyB: expected');
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(await junit()) as JUnit;
    expect(parsed.testsuites['@_failures']).toBe('1');
    expect(parsed.testsuites.testsuite.map((suite) => suite['@_name'])).toEqual(TWO_CELLS);
  });

  test('of the selected project alone', async () => {
    const { vitest, events } = await started({});
    const { code, report } = await vitest(['run', '--project', '*4.10*']).done();
    expect(code).toBe(0);
    expect((await report()).cells.map((cell) => cell.name)).toEqual(['4.8+4.10']);
    expect((await events()).filter((event) => event.startsWith('provision'))).toEqual(['provision 4.8+4.10']);
  });

  test('and those that are left out are in all reports, with the reason, as far as they were chosen', async () => {
    const { vitest, events } = await started({ cells: ['4.5+4.8'], skipped: ['4.8+4.10', '3.3+4.10'] });
    const { code, lastLine, report, junit, output } = await vitest(['run', '--project', '4.*']).done();
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: '2 passed, 0 failed, 1 skipped' });
    const cells = (await report()).cells.map(({ name, outcome, because, seed }) => ({ name, outcome, because, seed }));
    expect(cells.slice(1)).toEqual([{ name: '4.8+4.10', outcome: 'skipped', because: 'it is not wanted', seed: 7 }]);
    expect(output).toContain('4.8+4.10: skipped: it is not wanted');
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(await junit()) as JUnit;
    expect(parsed.testsuites.testsuite.map((suite) => suite['@_skipped'])).toEqual(['0', '1']);
    expect(parsed.testsuites.testsuite.map((suite) => suite['@_name'])).toEqual(TWO_CELLS);
    expect((await events()).filter((event) => event.startsWith('provision'))).toEqual(['provision 4.5+4.8']);
  });

  test('of this shard alone: whole cells', async () => {
    const { vitest, events } = await started({});
    const { code, lastLine } = await vitest(['run', '--shard=2/2']).done();
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: '2 passed, 0 failed' });
    expect((await events())[0]).toBe('provision 4.8+4.10');
  });

  test('two at once, the files of each still one after the other', async () => {
    const meet = (name: string, body: string): string => `test('${name}', async () => {
      log('begin ' + cell); ${body} await new Promise((done) => setImmediate(done)); log('end ' + cell); });`;
    const together = `const { readFileSync } = await import('node:fs');
      await expect.poll(() => readFileSync(join(import.meta.dirname, '../events.log'), 'utf8').match(/begin/g).length, { timeout: 30_000 }).toBeGreaterThan(1);`;
    const { vitest, events } = await started({
      parallel: 2,
      suites: {
        issue: meet('issues', together),
        pay: meet('pays', ''),
        random: meet('trades', ''),
        vault: meet('adds up', ''),
      },
    });
    const { code, lastLine, output } = await vitest(['run']).done();
    expect(output).toContain('(2 at once)');
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: '8 passed, 0 failed' });
    for (const cell of TWO_CELLS) {
      const own = (await events()).filter((event) => event.endsWith(` ${cell}`) && /^(begin|end)/.test(event));
      expect(own).toEqual(Array.from({ length: 4 }, () => [`begin ${cell}`, `end ${cell}`]).flat());
      expect(times(await events(), `release ${cell}`)).toBe(1);
    }
  });

  test("hand the nodes' own words to suites", async () => {
    const { vitest } = await started({
      cells: ['4.5+4.8'],
      suites: {
        pay: `test('pays', async () => expect(await nodesWords(inject('compat'), { since: '1' })).toEqual([
        { node: 'party-b', level: 'ERROR', text: 'trouble since 1' }]));`,
      },
    });
    expect((await vitest(['run']).done()).lastLine).toBe('1 passed, 0 failed');
  });

  test('keep reports and last line whatever --reporter says', async () => {
    const { vitest } = await started({});
    const { lastLine, report } = await vitest(['run', '--reporter=default']).done();
    expect(lastLine).toBe('4 passed, 0 failed');
    expect((await report()).totals.passed).toBe(4);
  });

  test('replace what the run before left, and nothing else', async () => {
    const { vitest, root } = await started({ cells: ['4.5+4.8'] });
    await mkdir(join(root, 'test-results/3.3+4.0'), { recursive: true });
    const before = { schema: RUN_SCHEMA, cells: [{ name: '3.3+4.0' }, { name: '../suites' }] };
    await writeFile(join(root, 'test-results/run.json'), JSON.stringify(before));
    await writeFile(join(root, 'test-results/mine.txt'), 'mine');
    await writeFile(join(root, 'test-results/index.html'), 'mine');
    await vitest(['list']).done();
    expect(await readdir(join(root, 'test-results'))).toContain('3.3+4.0');
    await vitest(['run']).done();
    expect((await readdir(join(root, 'test-results'))).sort()).toEqual([
      '4.5+4.8',
      'index.html',
      'junit.xml',
      'mine.txt',
      'run.json',
    ]);
    expect(await readdir(join(root, 'suites'))).toHaveLength(2);
  });

  test('remove nothing that no run of ours has written', async () => {
    const { vitest, root } = await started({ cells: ['4.5+4.8'] });
    await mkdir(join(root, 'test-results/4.5+4.8'), { recursive: true });
    await writeFile(join(root, 'test-results/run.json'), '{"cells":[{"name":"4.5+4.8"}]}');
    await writeFile(join(root, 'test-results/4.5+4.8/mine.txt'), 'mine');
    await vitest(['run']).done();
    expect(await readdir(join(root, 'test-results/4.5+4.8'))).toContain('mine.txt');
  });
});

describe('the steps that are carried out are those of the plan', () => {
  /** Number and name of all that a printed plan has to carry out, and of what was. */
  async function both({ output, report }: Awaited<ReturnType<ReturnType<Project['vitest']>['done']>>) {
    const { cells, steps = [] } = await report();
    const shown = output.split('\n').filter((line) => / {2}[\d.]+ [A-Z]/.test(line) && !line.includes('All of them'));
    const planned = shown.filter((line) => !line.includes(' Cell ')).map((line) => line.trim().split(' ', 1)[0]);
    const done = [...cells.flatMap((cell) => cell.steps ?? []), ...steps].map(({ number }) => number);
    return { planned, done: [...new Set(done)].toSorted(), shown: shown.join('\n') };
  }

  test.for([
    [[], 'suites/own.test.ts', 2],
    [['--project', '4.8+4.10'], 'suites/own.test.ts', 1],
    [['suites/issue'], 'issue: all tests', 2],
    [['-t', 'issues'], 'only tests that match /issues/', 2],
  ] as const)('with %j', async ([args, suites, cells]) => {
    const own = `test('owns', () => log('own ' + cell));`;
    const { vitest } = await started({ suites: { ...PASSING, own } });
    const finished = await vitest(['run', ...args], { COMPAT_RESULTS: 'elsewhere' }).done();
    const { planned, done, shown } = await both(finished);
    expect(planned).toHaveLength(1 + 5 * cells + 1);
    expect(done).toEqual(planned.toSorted());
    expect(shown).toContain(suites);
    expect(shown).toContain('Keep the evidence in elsewhere/4.8+4.10.');
  });
});

describe('runs that must provision nothing', () => {
  test('vitest list', async () => {
    const { vitest, events } = await started({});
    const { code, output } = await vitest(['list']).done();
    expect({ code, events: await events() }).toEqual({ code: 0, events: [] });
    expect(output).toContain('[4.8+4.10] suites/vault.test.ts > adds up');
    expect(output).not.toContain('passed');
  });

  test('-t without a match, which fails: the selected cells have no outcome', async () => {
    const { vitest, events } = await started({});
    const { code, lastLine, report } = await vitest(['run', '-t', 'no such test']).done();
    expect({ code, events: await events() }).toEqual({ code: 1, events: [] });
    expect(lastLine).toBe('0 passed, 2 failed, 4 skipped');
    expect((await report()).cells[0]?.because).toContain('no test was executed');
  });

  test('a file filter without a match fails', async () => {
    const { vitest, events } = await started({});
    const { code, lastLine, output } = await vitest(['run', 'suites/none']).done();
    expect(output).not.toContain('Run the suites');
    expect({ code, lastLine, events: await events() }).toEqual({ code: 1, lastLine: '0 passed, 2 failed', events: [] });
  });

  test('an unknown project fails and names the cells', async () => {
    const { vitest, events } = await started({});
    const { code, output } = await vitest(['run', '--project', '9.9+9.10']).done();
    expect({ code, events: await events() }).toEqual({ code: 1, events: [] });
    expect(output).toContain('the matrix has these cells: 4.5+4.8, 4.8+4.10');
  });

  test.for([
    [['--project', '4.8'], `--project 4.8 as the name of a cell (seen: the number 4.8)`],
    [['-t', '4.10'], `-t 4.10 as text (seen: the number 4.1). Write it as a pattern: -t '4[.]10'.`],
  ] as const)('a filter that vitest reads as a number is refused: %j', async ([args, words]) => {
    const { vitest, events } = await started({});
    const { code, output } = await vitest(['run', ...args]).done();
    expect({ code, events: await events() }).toEqual({ code: 1, events: [] });
    expect(output).toContain(words);
    expect(output).not.toContain('filters.ts:');
  });

  test('a matrix with errors fails with all of them and no stack', async () => {
    const { vitest, root } = await started({});
    const config = `import { cordaCompat } from ${JSON.stringify(join(import.meta.dirname, '../../src/harness/vitest/plugin.ts'))};
      export default { plugins: [cordaCompat({ load: async () => { throw new Error('matrix.json:\\n  first\\n  second'); } })] };`;
    await writeFile(join(root, 'vitest.config.ts'), config);
    const { code, output } = await vitest(['run']).done();
    expect(code).toBe(1);
    expect(output).toContain('matrix.json:\n  first\n  second');
    expect(output).not.toContain('plugin.ts:');
  });
});

interface JUnit {
  readonly testsuites: {
    readonly '@_failures': string;
    readonly testsuite: readonly { readonly '@_name': string; readonly '@_skipped': string }[];
  };
}
