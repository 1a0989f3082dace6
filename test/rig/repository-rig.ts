import { makeCapsule, makeJar, rigContext, sha1, sha256, type RigContext } from './releases-rig.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startWebServer, type WebServer } from './web-server.ts';

export const COORDINATE = 'net.corda:corda:4.10';
export const JAR = '/net/corda/corda/4.10/corda-4.10.jar';
export const CONTENT = Buffer.alloc(400_000, 'a node');
export const METADATA = '/net/corda/corda/maven-metadata.xml';

export interface RepositoryRig extends AsyncDisposable {
  readonly folder: string;
  readonly server: WebServer;
  /** The context of a new run with the same cache. */
  readonly run: (more?: Record<string, string>) => Promise<RigContext>;
}

/** A repository with one version, and a cache, of one test. */
export async function repositoryRig(): Promise<RepositoryRig> {
  const folder = await temporaryFolder();
  const server = await startWebServer({
    [JAR]: CONTENT,
    [`${JAR}.sha1`]: `${sha1(CONTENT)}  corda-4.10.jar\n`,
    [`${JAR}.sha256`]: sha256(CONTENT).toUpperCase(),
    [METADATA]: metadata('corda-3.0', '3.3-corda', '4.5', '4.8', '4.9', '4.10'),
  });
  const run = (more: Record<string, string> = {}) =>
    rigContext(folder.path, { env: { COMPAT_MAVEN_REPOSITORY: server.url, ...more } });
  return {
    folder: folder.path,
    server,
    run,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function metadata(...versions: string[]): string {
  const list = versions.map((version) => `<version>${version}</version>`).join('');
  return `<metadata><versioning><versions>${list}</versions></versioning></metadata>`;
}

const cash = {
  'net/corda/finance/flows/CashIssueFlow.class': '',
  'net/corda/finance/flows/CashPaymentFlow.class': '',
};

/** The same, the node's jar being a capsule with this manifest; two CorDapps beside it. */
export async function capsuleRig(changes: Readonly<Record<string, string | undefined>> = {}): Promise<RepositoryRig> {
  const rig = await repositoryRig();
  const capsule = await makeCapsule(changes);
  // The first line of a 3.x capsule is shell; its zip's offsets do not count it.
  const prefixed = Buffer.concat([Buffer.from('#!/bin/sh\n\nexec java -jar $0\n'), capsule]);
  rig.server.files.set(JAR, prefixed);
  rig.server.files.set(`${JAR}.sha1`, Buffer.from(sha1(prefixed)));
  rig.server.files.delete(`${JAR}.sha256`);
  rig.server.files.set('/org/app/flows/4.10/flows-4.10.jar', await makeJar({ ...cash, 'META-INF/ME.EC': '' }));
  rig.server.files.set('/org/app/states/7/states-7-extra.jar', await makeJar({ 'migration/cash.xml': '<x/>' }));
  return rig;
}
