import { expect, test } from 'vitest';
import { jarFacts } from '../../../test/rig/inspected-jar.ts';
import { nameInLog } from './description.ts';

const CONTRACT = { 'Cordapp-Contract-Name': 'House', 'Cordapp-Contract-Version': '02' };

test.each([
  ['3.x: its file', 'flags', CONTRACT, 'app-1'],
  ['4.x: its contract', 'subcommands', CONTRACT, 'Contract CorDapp: House version 2 '],
  [
    '4.x: its workflow',
    'subcommands',
    { 'Cordapp-Workflow-Name': 'House', 'Cordapp-Workflow-Version': '1' },
    'Workflow CorDapp: House version 1 ',
  ],
  ['4.x: the name of an older CorDapp', 'subcommands', { Name: 'old' }, 'CorDapp old version '],
  ['4.x: its file', 'subcommands', {}, 'CorDapp app-1 version '],
] as const)('what the log calls a CorDapp, in %s', (_what, cli, manifest, name) => {
  expect(nameInLog('app-1.jar', jarFacts({ manifest }), { cli })).toBe(name);
});
