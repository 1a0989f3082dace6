import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { glob } from 'tinyglobby';

/** What a test must know of a node to get at it past the harness. */
export interface Whereabouts {
  /** Absolute. */
  readonly folder: string;
  /** What node.conf says. */
  readonly conf: {
    readonly p2pAddress: string;
    readonly h2Settings: { readonly address: string };
    readonly dataSourceProperties: { readonly dataSource: { readonly password: string } };
  };
}

/** @param spaces folder below which the nodes of one network have their base directories */
export async function whereIs(spaces: string, node: string): Promise<Whereabouts> {
  const [file, another] = await glob(`**/${node}/node.conf`, { cwd: spaces, dot: true });
  if (file === undefined || another !== undefined) throw new Error(`not one ${node}/node.conf below ${spaces}`);
  const conf = JSON.parse(await readFile(join(spaces, file), 'utf8')) as Whereabouts['conf'];
  return { folder: dirname(join(spaces, file)), conf };
}
