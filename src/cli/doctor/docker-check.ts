import { engineOnce, type Engine } from '../../harness/docker/engine.ts';
import { withLimit } from '../../harness/support/with-limit.ts';
import type { CliContext } from '../context.ts';
import type { Check } from './check.ts';
import { imageChecks } from './image-checks.ts';
import type { Needs } from './matrix-check.ts';

const LIMIT_MS = 15_000;
const MB = 1024 * 1024;

/** Whether a Docker engine answers, who cleans up in it, and what images would be made on; `needs.docker`: a cell wants one. */
export async function dockerChecks({ env, signal }: CliContext, needs: Needs): Promise<Check[]> {
  const name = 'docker';
  let engine: Engine;
  try {
    engine = await withLimit(engineOnce(env)(), { name: 'the Docker engine', limit: LIMIT_MS });
  } catch (error) {
    // The advice is the last sentence; here it has a line of its own.
    const found = (error as Error).message.replace(/\. Start one, .*$/s, '');
    if (!needs.docker)
      return [{ name, state: 'ok', found: 'no engine answers; the matrix does not ask for one', tried: [found] }];
    const mend = 'start an engine (or set DOCKER_HOST to one of this machine), or use provider local';
    return [{ name, state: 'missing', found, mend }];
  }
  const check: Check = { name, state: 'ok', found: engineText(engine), tried: [reaperText(engine)] };
  return needs.docker ? [check, ...(await imageChecks({ engine, env, signal, needs }))] : [check];
}

function engineText({ address, runtime }: Engine): string {
  const { serverVersion, operatingSystem, cpus, memory } = runtime.info.containerRuntime;
  const version = `${serverVersion} (${operatingSystem})`;
  return `engine ${version} at ${address.url}: ${cpus} processors, ${Math.floor(memory / MB)} MB of memory`;
}

function reaperText({ session }: Engine): string {
  if (session.kind === 'ryuk')
    return `containers of a run that dies go by the run's own reaper, and by Ryuk (${session.image})`;
  return `containers of a run that dies go by the run's own reaper, without Ryuk: ${session.why}`;
}
