import type { CellDatabases, DatabasesInput } from './database-input.ts';
import { h2Databases } from './h2-databases.ts';
import { postgresDatabases } from './postgres-databases.ts';

/** @throws StepError blocked, not-built (a JDBC driver that cannot be had) */
export async function cellDatabases(input: DatabasesInput): Promise<CellDatabases> {
  return input.cell.topology.database === 'h2' ? h2Databases(input) : await postgresDatabases(input);
}
