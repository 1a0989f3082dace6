#!/usr/bin/env node
// node bench/run.js <bench> [parts]: plain Node, as bin/corda-compat.js.
import { register } from 'tsx/esm/api';

const BENCHES = ['pair', 'driver', 'memory', 'images', 'kubernetes', 'oracle', 'cells'];
const [bench = '', ...args] = process.argv.slice(2);
if (!BENCHES.includes(bench)) {
  console.error(`which bench? ${BENCHES.join(', ')}`);
  process.exit(2);
}
register({ tsconfig: false });
const { main } = await import(`./${bench}.ts`);
try {
  await main(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
