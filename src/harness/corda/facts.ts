import { compareMavenVersions } from './version.ts';

/** Java versions that Corda releases run on. */
export type JavaMajor = 8 | 17;

/** The facts of a release that its jar does not tell. `source` cites the place where each line was read. */
export interface PlatformFacts {
  /** `major.minor`, for example `4.10`; a suffix such as `-corda` or `-RC01` does not matter. */
  readonly line: string;
  readonly platformVersion: number;
  readonly java: JavaMajor;
  /** `at-start`: the node makes its tables at its first start; `migration`: `run-migration-scripts` first. */
  readonly schema: 'at-start' | 'migration';
  /** Built in, or to be put into `drivers/`. */
  readonly shell: 'built-in' | 'driver';
  /** File formats of 1.4 and 2.x cannot read each other. */
  readonly h2: string;
  /** RPC wire format; a client of one cannot talk to the other. */
  readonly rpc: 'kryo' | 'amqp';
  /** 3.x: flags (`--initial-registration`), `h2port`; from 4.0: subcommands, `h2Settings`. */
  readonly cli: 'flags' | 'subcommands';
  /**
   * Whether a notary keeps the checkpoint of a flow that refused a double spend (seen with 3.3-corda), for ever and
   * without harm.
   */
  readonly keepsRefusals: boolean;
  /**
   * Whether a registering notary asks for a certificate of a service with a name of its own, and refuses to start
   * without.
   */
  readonly serviceIdentity: boolean;
  readonly source: string;
}

type Shared = Omit<PlatformFacts, 'line' | 'platformVersion' | 'source'>;

const V3 = {
  java: 8,
  schema: 'at-start',
  shell: 'built-in',
  h2: '1.4.194',
  rpc: 'kryo',
  cli: 'flags',
  keepsRefusals: true,
  serviceIdentity: false,
} as const satisfies Shared;
const V4 = { ...V3, h2: '1.4.197', rpc: 'amqp', cli: 'subcommands', keepsRefusals: false } as const satisfies Shared;
const V4_3 = { ...V4, h2: '1.4.199' } as const satisfies Shared;
/**
 * From 4.6 the node refuses `database.initialiseSchema` and wants `run-migration-scripts`, and a notary registers only with a
 * `notary.serviceLegalName`, which up to 4.5 made its registration fail (NetworkRegistrationHelper.kt).
 */
const V4_6 = { ...V4_3, schema: 'migration', serviceIdentity: true } as const satisfies Shared;
/** From 4.9 `net.corda:corda-shell` is a driver: node/build.gradle no longer names `:tools:shell`. */
const V4_9 = { ...V4_6, shell: 'driver' } as const satisfies Shared;
const V4_11 = { ...V4_9, h2: '2.2.224' } as const satisfies Shared;
const V4_12 = { ...V4_11, java: 17 } as const satisfies Shared;

/** `constants.properties` and `build.gradle` of github.com/corda/corda at a tag (or branch). */
const at = (ref: string): string => `constants.properties, build.gradle @${ref}`;
const docs = (page: string): string => `corda/corda-docs-portal content/en/${page}`;

/** Every release line the harness knows. Kept as data: a new line is a new row. */
const FACTS: readonly PlatformFacts[] = [
  { line: '3.1', platformVersion: 3, ...V3, source: at('release-V3.1') },
  { line: '3.2', platformVersion: 3, ...V3, source: at('release-V3.2') },
  { line: '3.3', platformVersion: 3, ...V3, source: at('release-V3.3') },
  { line: '3.4', platformVersion: 3, ...V3, source: at('release-V3.4') },
  { line: '4.0', platformVersion: 4, ...V4, source: at('release/4.0 (branch)') },
  { line: '4.1', platformVersion: 4, ...V4, source: at('release/4.1') },
  // Never published to Maven Central; the public repository has no tag of it.
  {
    line: '4.2',
    platformVersion: 4,
    ...V4,
    source: docs('archived-docs/corda-os/4.5/versioning.md; the rest taken from 4.1'),
  },
  { line: '4.3', platformVersion: 5, ...V4_3, source: at('release-os-4.3-GA') },
  { line: '4.4', platformVersion: 6, ...V4_3, source: at('release-os-4.4-GA') },
  { line: '4.5', platformVersion: 7, ...V4_3, source: at('release-os-4.5-GA') },
  { line: '4.6', platformVersion: 8, ...V4_6, source: at('release-os-4.6-GA') },
  { line: '4.7', platformVersion: 9, ...V4_6, source: at('release-os-4.7-GA') },
  { line: '4.8', platformVersion: 10, ...V4_6, source: at('release-os-4.8-GA') },
  { line: '4.9', platformVersion: 11, ...V4_9, source: at('release-os-4.9') },
  { line: '4.10', platformVersion: 12, ...V4_9, source: at('release-os-4.10') },
  { line: '4.11', platformVersion: 13, ...V4_11, source: at('release-os-4.11') },
  { line: '4.12', platformVersion: 140, ...V4_12, source: at('release-os-4.12') },
  {
    line: '4.13',
    platformVersion: 150,
    ...V4_12,
    source: docs('platform/corda/4.13/community/release-notes.md; H2 taken from 4.12'),
  },
  {
    line: '4.14',
    platformVersion: 160,
    ...V4_12,
    source: docs('platform/corda/4.14/community/release-notes.md; H2 taken from 4.12'),
  },
];

/** The known release lines, oldest first: `3.1` … `4.14`. */
export const KNOWN_LINES: readonly string[] = FACTS.map((facts) => facts.line).toSorted(compareMavenVersions);

/** `4.10` of `4.10`, `4.10.1`, `4.10-RC01` and `4.10-corda`; undefined where there is no such start. */
export function lineOf(version: string): string | undefined {
  return /^(\d+\.\d+)(?!\d)/.exec(version)?.[1];
}

/** The facts of a version's release line, or undefined for a line the harness does not know. */
export function platformFactsOf(version: string): PlatformFacts | undefined {
  const line = lineOf(version);
  return FACTS.find((facts) => facts.line === line);
}
