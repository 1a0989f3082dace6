import { execa } from 'execa';
import { jvmRig } from '../rig/jvm-rig.ts';
import { whereIs } from './whereabouts.ts';

/** Carries out SQL statements on the database of a node that runs. @throws Error with what H2 said */
export type Sql = (node: string, statements: string) => Promise<void>;

/** By H2's own shell, as a person would. @param spaces folder below which the nodes of one network have their base directories */
export async function openSql(spaces: string, release: string): Promise<Sql> {
  const rig = await jvmRig([release], new AbortController().signal);
  const h2 = rig.kit(release).classPath.find((jar) => /\/h2-[^/]*\.jar$/.test(jar));
  if (h2 === undefined) throw new Error(`${release} has no jar of H2`);
  return async (node, statements) => {
    const { conf } = await whereIs(spaces, node);
    const url = `jdbc:h2:tcp://${conf.h2Settings.address}/node`;
    const { password } = conf.dataSourceProperties.dataSource;
    const login = ['-url', url, '-user', 'sa', '-password', password];
    await execa(rig.jdk.java, ['-cp', h2, 'org.h2.tools.Shell', ...login, '-sql', statements]);
  };
}
