import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../domain/cell.ts';
import { AGENT_FILE } from '../domain/jvm-tools.ts';
import type { DataSource } from '../domain/node-database.ts';
import { JOLOKIA_FILE, jolokiaProperties } from '../network/jolokia.ts';
import { FAST_LOGGING } from '../network/jvm-options.ts';
import { nodeConf, type RpcUser } from '../network/node-conf.ts';
import type { NodePlace } from '../providers/provider.ts';
import { cordappsOf, partsOf, type CellParts } from './cell-parts.ts';

export interface StageNode {
  readonly node: NodeRole;
  readonly place: NodePlace;
  readonly parts: CellParts;
  readonly rpcUser: RpcUser;
  readonly source: DataSource;
  /** URL of the zone's doorman, where it has one. */
  readonly zone?: string;
}

/** Puts node.conf, CorDapps and the logging configuration into a node's base directory; keys and database come later. */
export async function stageNode({ node, place, parts, rpcUser, source, zone }: StageNode): Promise<void> {
  const { facts } = partsOf(parts, node).resolved;
  const cordapps = join(place.stage, 'cordapps');
  await mkdir(cordapps, { recursive: true });
  const conf = nodeConf({ node, place, facts, source, rpcUser, ...(zone === undefined ? {} : { zone }) });
  await Promise.all([
    writeFile(join(place.stage, 'node.conf'), conf, { mode: 0o600 }),
    writeFile(join(place.stage, JOLOKIA_FILE), jolokiaProperties(place, rpcUser), { mode: 0o600 }),
    copyFile(parts.modern.tools.agent, join(place.stage, AGENT_FILE)),
    writeFile(join(place.stage, FAST_LOGGING.file), FAST_LOGGING.content),
    ...cordappsOf(parts, node).map(({ file, name }) => copyFile(file, join(cordapps, name))),
  ]);
}
