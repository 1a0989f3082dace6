#!/usr/bin/env node
// The program is TypeScript that runs without a build; tsx teaches plain Node 20 to read it. The tsconfig.json of the
// folder that it is called from says nothing about our files.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
const { main } = await import('../src/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
