/** Java versions that Corda releases run on. */
export type JavaMajor = 8 | 17;

/** What the harness must know of a release beyond its jar. `source` cites where each line was read. */
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
  /** Whether a notary keeps the checkpoint of a flow that refused a double spend (seen with 3.3-corda), for ever and without harm. */
  readonly keepsRefusals: boolean;
  /** Whether a notary that registers asks for a certificate of a service with a name of its own, and refuses to do without. */
  readonly serviceIdentity: boolean;
  readonly source: string;
}
