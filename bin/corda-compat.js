#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The package has dist/ and no src/. The repository has TypeScript, which tsx teaches Node 20 to read; a dist/ that was built there may
// be old. The tsconfig.json of the folder that it is called from says nothing about these files.
const source = new URL('../src/cli/main.ts', import.meta.url);
const isRepository = existsSync(source);
if (isRepository) (await import('tsx/esm/api')).register({ tsconfig: false });
const { main } = await import(isRepository ? source.href : '../dist/src/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
