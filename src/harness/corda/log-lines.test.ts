import { expect, test } from 'vitest';
import { loadedLine, tellingEntries } from './node-words.ts';

const LOG = `booting without a level
[INFO ] 2026-11-23T10:00:00,000 [main] internal.Node - Vendor
[WARN ] 2026-11-23T10:00:01,000 [Node thread] session.X - Received corrupt SessionMessage data from O=PartyB
[ERROR] 2026-11-23T10:00:02,000 [Node thread] statemachine.Flow - Flow finished due to error
java.io.NotSerializableException: net.corda.core.crypto.DigestService
\tat net.corda.Some.frame(Some.kt:1)
Caused by: java.lang.IllegalStateException: why
\t... 12 more
[INFO ] 2026-11-23T10:00:03,000 [main] internal.Node - after
  continuation of an INFO line`;

test('entries at WARN and above, with their exceptions and without frames', () => {
  expect(tellingEntries('party-a', LOG)).toEqual([
    {
      node: 'party-a',
      level: 'WARN',
      text: '2026-11-23T10:00:01,000 [Node thread] session.X - Received corrupt SessionMessage data from O=PartyB',
    },
    {
      node: 'party-a',
      level: 'ERROR',
      text:
        '2026-11-23T10:00:02,000 [Node thread] statemachine.Flow - Flow finished due to error\n' +
        '  java.io.NotSerializableException: net.corda.core.crypto.DigestService\n' +
        '  Caused by: java.lang.IllegalStateException: why',
    },
  ]);
});

test.each([
  [
    '4.0',
    '[INFO ] 2026-12-01T10:00:00,000 [main] BasicInfo.printBasicNodeInfo - Loaded 2 CorDapp(s)                     : Contract CorDapp: A version 1 by vendor R3 with licence X, Workflow CorDapp: B version 2 by vendor R3 with licence X\n',
    'Contract CorDapp: A version 1 by vendor R3 with licence X, Workflow CorDapp: B version 2 by vendor R3 with licence X',
  ],
  [
    '3.3',
    'Loaded CorDapps                         : corda-finance-3.3-corda, corda-core-3.3-corda',
    'corda-finance-3.3-corda, corda-core-3.3-corda',
  ],
  ['before', '[INFO ] 2026 [main] Loading CorDapps from file:/a.jar\n', undefined],
])('the CorDapps that a node has loaded, as %s tells them', (_release, said, line) => {
  expect(loadedLine(`first\n${said}\nlast`)).toBe(line);
});
