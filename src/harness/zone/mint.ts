import type { JvmTools } from '../domain/jvm-tools.ts';
import type { Artefact, JavaRuntime, NodeKit } from '../domain/release.ts';

/** A node of the network to be minted. */
export interface MintNode {
  /** Absolute; key stores, node infos and network parameters are written into it. */
  readonly baseDirectory: string;
  readonly party: string;
  readonly platformVersion: number;
  /** `host:port` by which the others reach it. */
  readonly p2p: string;
  readonly notary?: { readonly validating: boolean };
}

export interface MintSpec {
  /** `auto`: the lowest platform version of the nodes. */
  readonly minimumPlatformVersion: 'auto' | number;
  readonly nodes: readonly MintNode[];
  /** Unsigned CorDapps of any node: their contracts go into the whitelist, with the hash of every jar that has them. */
  readonly unsignedCordapps: readonly Artefact[];
}

export interface MintOptions {
  readonly tools: JvmTools;
  /** The 4.x release whose jars mint. */
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** Marks the process (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly logFile: string;
}

export interface Minted {
  /** SHA-256 of the network parameters, as the nodes name them. */
  readonly parameters: string;
  readonly minimumPlatformVersion: number;
  /** Contract class to jar hashes. */
  readonly whitelist: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds inside the JVM. */
  readonly tookMs: number;
}

/**
 * Mints a network: key stores, signed node infos and network parameters, written into every node's base directory.
 * @throws StepError blocked (zone) with the minter's own words
 */
export function mint(spec: MintSpec, options: MintOptions): Promise<Minted> {
  return Promise.reject(new Error(`not yet: ${spec.nodes.length} ${options.logFile}`));
}
