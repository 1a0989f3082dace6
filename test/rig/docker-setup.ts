import { bringUp, RIG_ROOT, runningRig, takeDown } from './docker-rig.ts';
import { cannotRun, DOCKER_PACKAGES, missingPackages } from './packages.ts';

/**
 * Before the tests of a project: the Docker rig, where there is none yet and one can be had without installing anything.
 * Workers find it in their environment; `docker-tests.ts` says what that means for tests.
 */
export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  const { env } = process;
  if (env['DOCKER_HOST'] !== undefined && env['COMPAT_REGISTRY'] !== undefined) return undefined;
  const running = await runningRig(RIG_ROOT);
  const why = running ? undefined : await whyNot();
  if (why !== undefined) {
    env['NO_DOCKER_RIG'] = why;
    return undefined;
  }
  Object.assign(env, running ?? (await bringUp(RIG_ROOT, (text) => console.error(`rig: ${text}`))));
  return running ? undefined : endRig;
}

async function endRig(): Promise<void> {
  const left = await takeDown(RIG_ROOT);
  if (left.length > 0) throw new Error(`the Docker rig left behind: ${left.join(', ')}`);
}

async function whyNot(): Promise<string | undefined> {
  const missing = await missingPackages(DOCKER_PACKAGES);
  return cannotRun() ?? (missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}: run test/rig/up`);
}
