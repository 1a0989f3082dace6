import { join } from 'node:path';
import type { NodeRole } from '../domain/cell.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { DatabaseAccess, DataSource } from '../domain/node-database.ts';
import type { Artefact } from '../domain/release.ts';
import { blocked } from '../domain/step-error.ts';
import type { Provider, RunningNode } from '../providers/provider.ts';
import { isMigrated, migratedNodeArgs, type Migration } from '../zone/migration.ts';
import { cordappsOf, partsOf } from './cell-parts.ts';
import type { CellZone } from './cell-zone.ts';

/** The databases of a cell's nodes. */
export interface CellDatabases {
  /** What a node's configuration says of its own. */
  source(node: NodeRole): DataSource;
  /** How the driver reads it. */
  access(node: NodeRole): DatabaseAccess;
  /** JDBC drivers that releases do not bring along. */
  readonly drivers: readonly Artefact[];
  /** The server of the space's own, where there is one. */
  readonly server?: Pick<RunningNode, 'exited' | 'lost'>;
  /**
   * Gives every node whose release wants it a migrated database, from a template that is made once.
   * @returns by node id, what the node must be started with besides
   * @throws StepError blocked (schema)
   */
  lay(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Removes what is not in the space; no node runs any more. @throws Error */
  drop(): Promise<void>;
}

export interface DatabasesInput extends CellZone {
  readonly ledger: Ledger;
  readonly runId: string;
  readonly provider: Provider;
}

/** Hibernate may make tables in development mode only, and a node in development mode registers with no doorman. */
const NO_MIGRATIONS =
  'carries no CorDapp that brings its own tables, which this release wants of every node that registers with a doorman: ' +
  'give it CorDapps with migrations (corda-finance-workflows of 4.x), or onboarding "minted"';

/**
 * What makes a node's tables; `undefined` where it makes them itself, at its first start.
 * @throws StepError blocked where neither is possible
 */
export function migrationOf({ cell, parts, space, evidence, signal }: CellZone, node: NodeRole): Migration | undefined {
  const { kit, runtime } = partsOf(parts, node);
  const migration: Migration = {
    kit,
    runtime,
    cordapps: cordappsOf(parts, node),
    notary: node.notary !== undefined,
    minting: parts.modern,
    marker: space.id,
    limit: cell.limits.prepare,
    signal,
    logFile: join(evidence, `schema-${node.id}.log`),
  };
  if (!isMigrated(migration)) return undefined;
  if (cell.topology.onboarding === 'doorman' && migratedNodeArgs(migration).length > 0) {
    throw blocked('schema', `${cell.name}: ${node.id} (${node.release}) ${NO_MIGRATIONS}`);
  }
  return migration;
}
