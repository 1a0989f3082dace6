import type { NodeRole } from '../domain/cell.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import type { CordappArtefact, JavaRuntime, NodeKit, ResolvedRelease } from '../domain/release.ts';
import type { CellImages } from './cell-images.ts';

/** A release of the cell, ready to be run. */
export interface ReleaseParts {
  readonly resolved: ResolvedRelease;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
}

/** The harness's own JVM programs, compiled against one release. */
export interface ToolParts {
  readonly tools: JvmTools;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
}

/** Everything a cell's network is made of, on this machine. */
export interface CellParts {
  /** By id. */
  readonly releases: ReadonlyMap<string, ReleaseParts>;
  /** Mints, and drives all nodes that speak AMQP RPC: the oldest 4.x release of the cell, or a stand-in. */
  readonly modern: ToolParts;
  /** Drives the cell's 3.x nodes, where it has any. */
  readonly kryo?: ToolParts;
  /** Goes into every node, beside its own CorDapps. */
  readonly healthcheck: CordappArtefact;
  /** Where the provider starts containers. */
  readonly images?: CellImages;
}

/** Of the release that a node runs. */
export function partsOf({ releases }: CellParts, node: NodeRole): ReleaseParts {
  const parts = releases.get(node.release);
  if (!parts) throw new Error(`This is a bug in the harness: nothing was made of release ${node.release}.`);
  return parts;
}

/** CorDapps of a node: its release's own and the healthcheck. */
export function cordappsOf(parts: CellParts, node: NodeRole): readonly CordappArtefact[] {
  return [...partsOf(parts, node).resolved.cordapps, parts.healthcheck];
}
