import type { Leftover, NodeLaunch, Provider, ServiceLaunch } from '../../providers/provider.ts';

/**
 * What the small program that stands for a node must do, in the order of its arguments; then it waits for ever.
 * `say TEXT`: a line to stdout. `listen HOST:PORT`: HTTP; `?hold=SECONDS` says `holding` and is answered after them, `?drip` bit by bit until nobody
 * listens any more, which goes to stdout as `cut off`. `env NAME`: its value to stdout. `stubborn`: SIGTERM does not end it. `write FILE TEXT`:
 * a file below its base directory. `read FILE`: such a file to stdout. `child`: starts a process that outlives it. `exit CODE`: ends now.
 */
export type TinyNodeArguments = readonly string[];

/** What providers differ in by their nature. */
export interface ConformanceTraits {
  /** What a space with running nodes consists of, first what a node is. */
  readonly kinds: readonly Leftover['kind'][];
  /** Whether every space has a network of its own, so that addresses of two spaces may be the same. */
  readonly ownNetworks: boolean;
  /** Whether a running program can be asked what its threads do. */
  readonly tellsThreads: boolean;
}

/** What a provider brings along to be tested. */
export interface ConformanceSubject {
  readonly provider: Provider;
  readonly traits: ConformanceTraits;
  launch(node: string, args: TinyNodeArguments): NodeLaunch;
  /** The same program as a service. */
  launchService(service: string, args: TinyNodeArguments): ServiceLaunch;
  /** From the end of a test to the next: whatever the subject must put back. */
  close?(): Promise<void>;
}
