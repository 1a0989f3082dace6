import type { ContentCache } from '../domain/content-cache.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import type { CordappArtefact, JavaRuntime, NodeKit } from '../domain/release.ts';

export interface SchemaTemplateOptions {
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** All CorDapps that the node will carry, the healthcheck included. */
  readonly cordapps: readonly CordappArtefact[];
  /** Notaries have tables of their own. */
  readonly notary: boolean;
  readonly cache: ContentCache;
  /** Mints what the migration has to read; compiled against `minting.kit`, any 4.x release. */
  readonly minting: { readonly tools: JvmTools; readonly kit: NodeKit };
  /** Marks the processes (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Where a failed migration's console goes. */
  readonly logFile: string;
}

export interface SchemaTemplate {
  /** Absolute; to be copied to `persistence.mv.db` of a node's base directory. */
  readonly database: string;
  /** What the node must be started with. */
  readonly nodeArgs: readonly string[];
}

/** A release from 4.6 on refuses CorDapps without migrations unless Hibernate may make their tables (dev mode only). */
export function needsHibernateSchema(cordapps: readonly CordappArtefact[]): boolean {
  return cordapps.length > 0 && cordapps.every((cordapp) => !cordapp.hasMigrations);
}

/**
 * The empty database of a release with a set of CorDapps, migrated once and kept.
 * `undefined` for releases that make their tables at their first start.
 * @throws StepError blocked (schema) with the node's own words
 */
export function schemaTemplate(options: SchemaTemplateOptions): Promise<SchemaTemplate | undefined> {
  return Promise.reject(new Error(`not yet: ${options.logFile}`));
}
