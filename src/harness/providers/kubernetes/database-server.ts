import { blocked, StepError } from '../../support/step-error.ts';
import { usersManifest, wayOutManifest, type DatabaseSpec } from './manifests/database.ts';
import { claimManifest, databaseManifest, envManifest, serviceManifest } from './manifests/workload.ts';
import {
  DATABASE_COMMAND,
  DATABASE_FOLDER,
  DATABASE_ID,
  DATABASE_LIMITS,
  DATABASE_PORT,
  databaseVariables,
} from '../containers.ts';
import type { DatabaseServerLaunch } from '../provider.ts';
import { makeStagingFolders } from '../space.ts';
import type { OpenProcess, OpenSpace } from './kubernetes-space.ts';
import { type ProcessRun, runWorkload } from './workload.ts';

const PORTS = [{ name: DATABASE_ID, port: DATABASE_PORT }];

/** The space's own database server among its processes, where it is neither a node nor a service. */
export async function databaseProcess(open: OpenSpace): Promise<OpenProcess> {
  const known = open.processes.get(DATABASE_ID);
  if (known) return known;
  const { memoryMb } = DATABASE_LIMITS;
  const [stagingFolder = ''] = await makeStagingFolders(open.folder, [{ id: DATABASE_ID, memoryMb }]);
  const spaceProcess: OpenProcess = {
    id: DATABASE_ID,
    isNode: false,
    memoryMb,
    stagingFolder,
    ports: PORTS,
    workload: DATABASE_ID,
    forwarders: new Map(),
  };
  open.processes.set(DATABASE_ID, spaceProcess);
  return spaceProcess;
}

/** A PostgreSQL server as a Pod of the space with a claim; both end with the space. @throws StepError blocked */
export async function startDatabasePod(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  { image, user, password }: DatabaseServerLaunch,
): Promise<ProcessRun> {
  const { home, signal, facts, labels, settings } = open;
  const { storageClass, login, workload: kind } = settings;
  const limits = DATABASE_LIMITS;
  const id = DATABASE_ID;
  const placed = { namespace: facts.namespace, labels };
  const env = envManifest(id, databaseVariables({ user, password }), placed);
  const users = usersManifest(id, placed);
  const spec: DatabaseSpec = {
    id,
    image,
    command: DATABASE_COMMAND,
    port: DATABASE_PORT,
    folder: DATABASE_FOLDER,
    envSecret: env.metadata?.name ?? '',
    users: users.metadata?.name ?? '',
    limits,
    pullSecret: login !== undefined,
  };
  const claim = claimManifest({ id, storageClass }, placed);
  await home.apply([serviceManifest({ id, ports: PORTS }, placed), env, users, claim], signal);
  const workload = databaseManifest(spec, { name: id, kind, replicas: 1 }, placed);
  const what = `the database server (${image})`;
  const run = { what, step: 'schema', limitMb: limits.memoryMb, keepsFiles: true, workload } as const;
  return await runWorkload(open, spaceProcess, run).catch((error: unknown) => {
    throw error instanceof StepError ? withAdvice(error) : error;
  });
}

/** Its image is the one that comes from elsewhere. */
function withAdvice(cause: StepError): StepError {
  const { step, message, words } = cause.failure;
  const advice = 'Name another image with COMPAT_POSTGRES_IMAGE, or a running server with COMPAT_POSTGRES';
  return blocked(step, `${message}. ${advice}`, { cause, ...(words ? { words } : {}) });
}

/** The space's policy lets nothing out but questions for names. @throws StepError blocked */
export async function openWayOut({ home, signal, facts, labels }: OpenSpace, port: number): Promise<void> {
  const { namespace } = facts;
  await home.apply([wayOutManifest('corda-compat-database', { port, namespace, labels })], signal);
}
