import { engineOnce } from '../../../harness/providers/docker/engine.ts';
import { k3sImage, whyNoK3s } from '../../../harness/providers/docker/k3s.ts';
import type { CliContext } from '../../context.ts';
import { messageOf, type Check } from '../check.ts';

const NAME = 'cluster';
const PRIVILEGED = 'its container is privileged: whoever gets out of it is root on the engine’s machine';
const REGISTRY =
  'it pulls from COMPAT_REGISTRY, whose address must be reached from inside its container: not 127.0.0.1';

/** Whether a run could start the throw-away cluster that the matrix wants; nothing is started. */
export async function k3sCheck({ env }: Pick<CliContext, 'env'>): Promise<Check> {
  const image = k3sImage(env);
  try {
    const why = await whyNoK3s(await engineOnce(env)(), image);
    if (why === undefined) {
      const found = `a run starts a throw-away K3s from ${image}, which is in the engine`;
      return { name: NAME, state: 'ok', found, tried: [PRIVILEGED, REGISTRY] };
    }
    const found = `the image ${image} of the throw-away K3s is not in the engine, and a run does not fetch it`;
    const mend = `docker pull ${image}, or set COMPAT_K3S_IMAGE, or use the cluster of your kubeconfig: COMPAT_CLUSTER=kubeconfig`;
    return { name: NAME, state: 'missing', found, tried: [PRIVILEGED, REGISTRY], mend };
  } catch (error) {
    return { name: NAME, state: 'missing', found: `a throw-away K3s needs a Docker engine: ${messageOf(error)}` };
  }
}
