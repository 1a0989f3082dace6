import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../domain/cell.ts';
import { H2_SOURCE } from '../domain/node-database.ts';
import { h2Access } from '../network/node-conf.ts';
import { jvmsAtOnce } from '../network/starts-at-once.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { schemaTemplate } from '../zone/schema-template.ts';
import { placeOf, type CellZone } from './cell-zone.ts';
import { migrationOf, type CellDatabases } from './database-input.ts';

/** A file in each node's own folder, which goes with the space. */
export function h2Databases(zone: CellZone): CellDatabases {
  const { cell, space, resources, signal } = zone;

  const layOne = async (node: NodeRole): Promise<[string, readonly string[]]> => {
    const migration = migrationOf(zone, node);
    if (!migration) return [node.id, []];
    const template = await schemaTemplate(migration, resources.releases.cache);
    await copyFile(template.database, join(placeOf(space, node).stage, 'persistence.mv.db'));
    return [node.id, template.nodeArgs];
  };

  return {
    source: () => H2_SOURCE,
    // Who reads it is inside the space, so it takes the address by which the nodes reach each other.
    access: (node) => h2Access(placeOf(space, node).addresses.h2),
    drivers: [],
    lay: async () => new Map(await sideBySide(cell.topology.nodes, { atOnce: jvmsAtOnce(), signal }, layOne)),
    drop: () => Promise.resolve(),
  };
}
