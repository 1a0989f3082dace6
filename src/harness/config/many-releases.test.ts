import { expect, test } from 'vitest';
import { FINANCE, mavenReleases, refusal } from '../testing/matrix.ts';

const two = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };

test.each<[string, unknown, string]>([
  [
    'peers of one side',
    { ...two, topology: { peers: ['left', 'left'] } },
    'topology.peers: found ["left","left"]; must name "left" and "right", each at least once',
  ],
  ['one peer', { ...two, topology: { peers: ['left'] } }, 'topology.peers: found ["left"]; must be at least 2 entries'],
  [
    'a mixed cell of a stranger',
    { ...two, mixed: ['4.8', '4.9'] },
    'mixed[1]: found "4.9"; no such release; did you mean "4.8"?',
  ],
  ['a mixed cell of one twice', { ...two, mixed: ['4.8', '4.8'] }, 'mixed[1]: names the release of mixed[0] again'],
  ['a mixed cell of one', { ...two, mixed: ['4.8'] }, 'mixed: found ["4.8"]; must be "all" or a list of 2 to 10'],
  [
    'a mixed cell of what',
    { ...two, mixed: 'al' },
    'mixed: found "al"; must be "all" or a list of 2 to 10 release ids',
  ],
  [
    'a mixed cell of too many',
    { releases: mavenReleases(...Array.from({ length: 11 }, (_, index) => `4.${index}`)), mixed: 'all' },
    'mixed: asks for all 11 releases in one network, which takes 2 to 10; list the 10 that matter most',
  ],
  [
    'a declaration about a mixed cell that is not there',
    { ...two, known: [{ pair: 'mixed', reason: 'x', until: '2027-01-31', failures: [{ name: 'x' }] }] },
    'known[0].pair: found "mixed"; not a cell of this matrix',
  ],
])('%s is refused', async (_name, matrix, expected) => {
  expect(await refusal(matrix)).toContain(expected);
  expect(await refusal(matrix)).toContain('matrix.json: 1 problem\n');
});
