import { expect, test } from 'vitest';
import { tellingEntries } from './node-words.ts';

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
