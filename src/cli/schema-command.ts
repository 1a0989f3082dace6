import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { matrixJsonSchema } from '../harness/config/schema.ts';
import type { CommandParts } from './context.ts';

const FILE = 'matrix.schema.json';

/** `corda-compat schema`: the description of matrix.json that editors read. */
export function addSchemaCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('schema')
    .description(`write ${FILE} here, for editors`)
    .option('--check', 'only check that the file is up to date', false)
    .action(async ({ check }: { check: boolean }) => {
      const file = join(context.cwd, FILE);
      const wanted = `${JSON.stringify(matrixJsonSchema(), null, 2)}\n`;
      const upToDate = (await readFile(file, 'utf8').catch(() => '')) === wanted;
      if (check) {
        const mend = upToDate ? '' : '; mend it with: npx corda-compat schema';
        context.print(`${FILE} is ${upToDate ? '' : 'not '}up to date${mend}`);
        finish(upToDate ? 0 : 1);
        return;
      }
      if (!upToDate) await writeFile(file, wanted);
      context.print(upToDate ? `${FILE} was up to date` : `${FILE} written`);
      finish(0);
    });
}
