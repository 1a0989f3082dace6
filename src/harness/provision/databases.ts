import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../corda/topology.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import { H2_SOURCE, type DatabaseAccess, type DataSource } from '../corda/database.ts';
import type { Artefact } from '../releases/artefacts.ts';
import { h2Access } from '../corda/node-conf.ts';
import { jvmsAtOnce } from './node-start.ts';
import type { Provider, RunningNode } from '../providers/provider.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { isMigrated, type Migration, schemaTemplate } from '../zone/migration.ts';
import { cordappsOf, partsOf } from './parts.ts';
import { placeOf, type CellZone } from './zone.ts';

/** The databases of a cell's nodes. */
export interface CellDatabases {
  /** The node's own part of its configuration. */
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
  /** Removes databases outside of the space; no node runs any more. @throws Error */
  drop(): Promise<void>;
}

export interface DatabasesInput extends CellZone {
  readonly ledger: Ledger;
  readonly runId: string;
  readonly provider: Provider;
}

/** The migration that makes a node's tables; `undefined` where the node makes them itself, at its first start. */
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
  return isMigrated(migration) ? migration : undefined;
}

/** A file in each node's own folder, which goes with the space. */
export function h2Databases(zone: CellZone): CellDatabases {
  const { cell, space, resources, signal } = zone;

  const layOne = async (node: NodeRole): Promise<[string, readonly string[]]> => {
    const migration = migrationOf(zone, node);
    if (!migration) return [node.id, []];
    const template = await schemaTemplate(migration, resources.releases.cache);
    await copyFile(template.database, join(placeOf(space, node).stagingFolder, 'persistence.mv.db'));
    return [node.id, template.nodeArgs];
  };

  return {
    source: () => H2_SOURCE,
    // The driver is inside the space, so it uses the addresses by which the nodes reach each other.
    access: (node) => h2Access(placeOf(space, node).addresses.h2),
    drivers: [],
    lay: async () => new Map(await sideBySide(cell.topology.nodes, { atOnce: jvmsAtOnce(), signal }, layOne)),
    drop: () => Promise.resolve(),
  };
}
