#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The package has dist/ and no src/. In the repository a dist/ may be old, so the TypeScript counts.
const source = new URL('../src/cli/main.ts', import.meta.url);
const isRepository = existsSync(source);
if (isRepository) await import(new URL('../scripts/read-source.js', import.meta.url).href);
const { main } = await import(isRepository ? source.href : '../dist/src/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
