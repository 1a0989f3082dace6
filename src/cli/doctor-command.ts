import type { Command } from 'commander';
import { namedNamespaces } from '../harness/provision/cluster-provider.ts';
import { cacheFolder } from '../harness/releases/cache-folder.ts';
import { createReleasesContext } from '../harness/releases/context.ts';
import { ownManifest } from '../harness/support/own-files.ts';
import type { CliContext, CommandParts } from './context.ts';
import { type Check, failed, renderChecks } from './doctor/check.ts';
import { dockerChecks } from './doctor/docker-checks.ts';
import {
  cacheCheck,
  capacityCheck,
  matrixCheck,
  type Needs,
  nodeCheck,
  gitChecks,
  javaCheck,
  mavenCheck,
  releasesCheck,
} from './doctor/machine-checks.ts';
import { kubernetesChecks } from './doctor/kubernetes/kubernetes-checks.ts';
import { rightsText } from './doctor/kubernetes/rights-check.ts';

/** `corda-compat doctor`: what this machine has for a run, and what is missing. */
export function addDoctorCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('doctor')
    .description(
      'report what this machine has for a run, what is missing and how to mend it; installs nothing. If cells live in a cluster, ' +
        'the doctor tries a volume and a pull in a namespace that it removes again, or in a given one',
    )
    .option('--rights', 'only print the roles that a run needs in a cluster, for kubectl apply', false)
    .option('--user <name>', 'user who gets the roles of --rights; needed with COMPAT_NAMESPACES')
    .action(async ({ rights, user }: { readonly rights: boolean; readonly user?: string }) => {
      if (rights) {
        context.print(rightsText({ given: namedNamespaces(context.env), user }));
        return;
      }
      const checks = await examine(context);
      const missing = checks.filter(({ state }) => state === 'missing').map(({ name }) => name);
      context.print(renderChecks(checks));
      context.print(missing.length === 0 ? 'Nothing is missing.' : `Missing: ${missing.join(', ')}.`);
      finish(missing.length === 0 ? 0 : 1);
    });
}

async function examine(context: CliContext): Promise<Check[]> {
  const { check: matrix, needs } = await matrixCheck(context);
  return [
    nodeCheck(process.versions.node, (await ownManifest()).engines.node),
    matrix,
    await capacityCheck(needs.nodes),
    await cacheCheck({ folder: cacheFolder(context.env), releases: needs.releases.length || 2 }),
    ...(await fetchingChecks(context, needs)),
    ...(await dockerChecks(context, needs)),
    ...(needs.cluster ? await kubernetesChecks(context) : []),
  ];
}

/** These checks need the cache folder. If it cannot be made, the folder is what is missing. */
async function fetchingChecks(
  { env, signal, note }: CliContext,
  { javas, git, releases: named }: Needs,
): Promise<Check[]> {
  try {
    const releases = await createReleasesContext({ env, signal, progress: { say: (text) => note(text) } });
    const own = [...javas.map((major) => javaCheck(major, releases)), mavenCheck(releases)];
    return [
      ...(await Promise.all(own)),
      ...(await releasesCheck(named, releases)),
      ...(await gitChecks(git, releases)),
    ];
  } catch (error) {
    return [failed('cache folder', error, 'set COMPAT_CACHE to another folder')];
  }
}
