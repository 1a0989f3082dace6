import type { Leftover, NodeLaunch, Provider, ServiceLaunch } from '../../providers/provider.ts';

/**
 * The actions of the small program that stands for a node, in the order of its arguments. Then it waits for ever.
 * `say TEXT`: a line to stdout. `listen HOST:PORT`: HTTP; `?hold=SECONDS` says `holding` and answers after them, `?drip` answers bit by bit until the
 * client leaves, and then writes `cut off` to stdout. `env NAME`: its value to stdout. `stubborn`: SIGTERM does not end it. `write FILE TEXT`:
 * a file below its base directory. `read FILE`: such a file to stdout. `child`: starts a process that outlives it. `exit CODE`: ends now.
 */
export type TinyNodeArguments = readonly string[];

/** The differences between providers. */
export interface ConformanceTraits {
  /** The kinds of things of a space with running nodes. The first is the kind of a node. */
  readonly kinds: readonly Leftover['kind'][];
  /** Whether every space has a network of its own, so that addresses of two spaces may be the same. */
  readonly ownNetworks: boolean;
  /** Whether a running program can show its threads. */
  readonly tellsThreads: boolean;
}

/** A provider under test, with its small program. */
export interface ConformanceSubject {
  readonly provider: Provider;
  readonly traits: ConformanceTraits;
  launch(node: string, args: TinyNodeArguments): NodeLaunch;
  /** The same program as a service. */
  launchService(service: string, args: TinyNodeArguments): ServiceLaunch;
  /** Called after each test, to put things back. */
  close?(): Promise<void>;
}
