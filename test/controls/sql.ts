import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { jvmRig } from '../rig/jvm-rig.ts';

/** Carries out SQL statements on the database of a node that runs. @throws Error with what H2 said */
export type Sql = (node: string, statements: string) => Promise<void>;

interface NodeConf {
  readonly h2Settings: { readonly address: string };
  readonly dataSourceProperties: { readonly dataSource: { readonly password: string } };
}

/** By H2's own shell, as a person would. @param spaces folder below which the nodes of one network have their base directories */
export async function openSql(spaces: string, release: string): Promise<Sql> {
  const rig = await jvmRig([release], new AbortController().signal);
  const h2 = rig.kit(release).classPath.find((jar) => /\/h2-[^/]*\.jar$/.test(jar));
  if (h2 === undefined) throw new Error(`${release} has no jar of H2`);
  return async (node, statements) => {
    const [conf, another] = await glob(`**/${node}/node.conf`, { cwd: spaces, dot: true });
    if (conf === undefined || another !== undefined) throw new Error(`not one ${node}/node.conf below ${spaces}`);
    const { h2Settings, dataSourceProperties } = JSON.parse(await readFile(join(spaces, conf), 'utf8')) as NodeConf;
    const url = `jdbc:h2:tcp://${h2Settings.address}/node`;
    const { password } = dataSourceProperties.dataSource;
    const login = ['-url', url, '-user', 'sa', '-password', password];
    await execa(rig.jdk.java, ['-cp', h2, 'org.h2.tools.Shell', ...login, '-sql', statements]);
  };
}
