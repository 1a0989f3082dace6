import { expect, test } from 'vitest';
import { tellingLines } from './telling-lines.ts';

test('errors come first; stacks, banners and what libraries say do not come', () => {
  const output = [
    'SLF4J: Class path contains multiple bindings',
    '/ /___  /_/ / /  / /_/ / /_/ /          just... pass the buck',
    'Running database schema migration scripts ...',
    '[ERROR] 16:15:17 [main] - Exception during node startup: no parameters',
    '\tat net.corda.node.Corda.main(Corda.kt)',
    '\t... 3 more',
  ].join('\n');
  expect(tellingLines(output)).toEqual([
    '[ERROR] 16:15:17 [main] - Exception during node startup: no parameters',
    'Running database schema migration scripts ...',
  ]);
});
