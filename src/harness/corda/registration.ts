import type { PlatformFacts } from './facts.ts';

/** Trust that a node must have before it registers. The path is relative to the node's base directory. */
export const NETWORK_TRUST_STORE = { file: 'certificates/network-root-truststore.jks', password: 'trustpass' } as const;

const TRUST = [
  '--network-root-truststore',
  NETWORK_TRUST_STORE.file,
  '--network-root-truststore-password',
  NETWORK_TRUST_STORE.password,
];

/** The registration of a node, by the release's command line. */
const WORDS: Readonly<Record<PlatformFacts['cli'], readonly string[]>> = {
  flags: ['--initial-registration', ...TRUST],
  subcommands: ['initial-registration', ...TRUST],
};

/** Arguments after the main class with which a node registers and ends (ArgsParser.kt @release-V3.3, InitialRegistrationCli.kt @release-os-4.5-GA). */
export function registrationArgs({ cli, schema }: Pick<PlatformFacts, 'cli' | 'schema'>): readonly string[] {
  // From 4.6 on a registration would migrate the database, which is there already.
  return [...WORDS[cli], ...(schema === 'migration' ? ['--skip-schema-creation'] : [])];
}
