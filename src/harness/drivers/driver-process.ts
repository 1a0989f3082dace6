import type { JvmTools } from '../domain/jvm-tools.ts';
import type { DriverAddress } from '../domain/lease.ts';
import type { CordappArtefact, JavaRuntime, NodeKit } from '../domain/release.ts';

export interface DriverOptions {
  readonly tools: JvmTools;
  /** The release whose RPC the driver speaks: the one that `tools` were compiled against. */
  readonly kit: NodeKit;
  /** Classes of the flows and states that it names: finance and the healthcheck. */
  readonly cordapps: readonly CordappArtefact[];
  readonly runtime: JavaRuntime;
  /** Console of the driver. */
  readonly logFile: string;
  /** Marks the process (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds until it must listen. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Told as soon as the process exists, for the run's ledger. */
  readonly onPid?: (pid: number) => void;
}

export interface DriverProcess {
  readonly address: DriverAddress;
  readonly pid: number;
  /** Ends it by closing its standard input, then by SIGKILL to its group. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when it is gone, whoever ended it. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/**
 * Starts a driver and waits until it listens; no node needs to exist yet.
 * @throws StepError blocked (driver) with the driver's own words
 */
export function startDriver(options: DriverOptions): Promise<DriverProcess> {
  return Promise.reject(new Error(`not yet: ${options.logFile}`));
}
