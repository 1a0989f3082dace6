import { expect, test } from 'vitest';
import { registrationArgs } from './registration.ts';

const TRUST = [
  '--network-root-truststore',
  'certificates/network-root-truststore.jks',
  '--network-root-truststore-password',
  'trustpass',
];

test.each([
  ['flags', 'at-start', ['--initial-registration', ...TRUST]],
  ['subcommands', 'at-start', ['initial-registration', ...TRUST]],
  ['subcommands', 'migration', ['initial-registration', ...TRUST, '--skip-schema-creation']],
] as const)('a release with %s and a schema made %s registers so', (cli, schema, args) => {
  expect(registrationArgs({ cli, schema })).toEqual(args);
});
