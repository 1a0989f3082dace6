import { resolve } from 'node:path';
import type { Command } from 'commander';
import { KNOWN_LINES, platformFactsOf } from '../harness/corda/facts.ts';
import { describeJar } from '../harness/inspect/description.ts';
import { readJarFacts } from '../harness/inspect/jar-facts.ts';
import { inspect, type Finding, type InspectedJar } from '../harness/inspect/rules.ts';
import { sha256Of } from '../harness/releases/download.ts';
import { NotAJar } from '../harness/support/jar.ts';
import { messageOf } from '../harness/support/words.ts';
import type { CliContext, CommandParts } from './context.ts';

/** `corda-compat inspect`: what jars hold, and which releases take them, without any node. */
export function addInspectCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('inspect')
    .description(
      'read CorDapps as the nodes of each release would, without starting one. All jars that a node gets belong together: ' +
        'a base class or a migration script may be in another one. It fails if a release line takes none of them',
    )
    .argument('<jar...>', 'CorDapps of one node')
    .action(async (paths: readonly string[]) => {
      const jars: InspectedJar[] = [];
      for (const path of paths) {
        const jar = await read(path, context);
        if (jar) jars.push(jar);
      }
      for (const jar of jars)
        context.print(
          describeJar(
            jar,
            jars.filter((other) => other !== jar).map(({ facts }) => facts),
          ).join('\n'),
        );
      const takenBy = jars.length === paths.length ? await printFindings(jars, context) : [];
      finish(takenBy.length > 0 ? 0 : 1);
    });
}

/** Undefined for what is no jar, which is said. */
async function read(path: string, { cwd, signal, note }: CliContext): Promise<InspectedJar | undefined> {
  const file = resolve(cwd, path);
  try {
    const { sha256 } = await sha256Of(file, signal);
    return { what: path, sha256, facts: await readJarFacts(file) };
  } catch (error) {
    signal.throwIfAborted();
    note(`${path} cannot be read: ${error instanceof NotAJar ? error.found : messageOf(error)}`);
    return undefined;
  }
}

/** @returns the release lines that take all of the jars */
async function printFindings(cordapps: readonly InspectedJar[], { print }: CliContext): Promise<readonly string[]> {
  const all: { line: string; findings: readonly Finding[] }[] = [];
  for (const line of KNOWN_LINES) {
    const facts = platformFactsOf(line);
    // Whether nodes register is for a matrix to say: both kinds are told of.
    if (facts)
      all.push({ line, findings: await inspect({ id: line, facts, java: facts.java, cordapps, registers: true }) });
  }
  const told = new Map<string, { readonly advice: string; readonly lines: string[] }>();
  for (const { line, findings } of all) {
    for (const { refused, what, advice } of findings) {
      const head = `${refused ? 'refused by' : 'warning for'} LINES: ${what}.`;
      const known = told.get(head) ?? { advice, lines: [] };
      known.lines.push(line);
      told.set(head, known);
    }
  }
  for (const [head, { advice, lines }] of told) print(`${head.replace('LINES', ranges(lines))} ${advice}`.trimEnd());
  const taken = all.filter(({ findings }) => findings.every(({ refused }) => !refused)).map(({ line }) => line);
  print(`taken by: ${ranges(taken) || 'no release'}`);
  return taken;
}

/** `3.1 to 3.4, 4.1`: neighbours among the known release lines in one. */
function ranges(lines: readonly string[]): string {
  const place = (line: string): number => KNOWN_LINES.indexOf(line);
  const starts = lines.filter((line, index) => index === 0 || place(line) !== place(lines[index - 1] ?? '') + 1);
  return starts
    .map((start, index) => {
      const next = starts[index + 1];
      const end = lines[(next === undefined ? lines.length : lines.indexOf(next)) - 1] ?? start;
      return start === end ? start : `${start} to ${end}`;
    })
    .join(', ');
}
