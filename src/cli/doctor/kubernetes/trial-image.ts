import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasImage } from '../../../harness/images/probe.ts';
import { parseRegistry } from '../../../harness/images/registry.ts';
import type { Engine } from '../../../harness/docker/engine.ts';
import { SILENT } from '../../../harness/support/progress.ts';
import type { TrialImage } from './pull-check.ts';
import { variable, type Environment } from '../../../harness/domain/environment.ts';

/** Smallest first, which are pulled fastest where the base is there already. */
const ORDER = ['healthcheck', 'cordapps', 'driver', 'doorman', 'notary', 'node'];
const MOST = 8;

export interface ImageSearch {
  readonly cwd: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Asks registries; without one, no image is known to be there. */
  readonly engine?: Pick<Engine, 'client'>;
}

/**
 * An image of ours that the registry has, of those that this project has published; where there is none, a name that no image
 * has: what the registry answers to it tells whether it is reached, and lets this user in. Nothing is built or pushed.
 */
export async function trialImage({ cwd, env, signal, engine }: ImageSearch): Promise<TrialImage> {
  const { prefix } = parseRegistry(variable(env, 'COMPAT_REGISTRY') ?? '');
  const published = await publishedIn(cwd, prefix);
  if (engine) {
    for (const reference of published.slice(0, MOST)) {
      const ctx = { engine: engine.client, env, signal, progress: SILENT };
      if (await hasImage(reference, ctx)) return { reference, isThere: true };
    }
  }
  return { reference: `${prefix}/corda-compat-node:none`, isThere: false };
}

/** Of `built/node-images.txt`: `registry/corda-compat-node:4.8-abc@sha256:…` a line, the newest last. */
async function publishedIn(cwd: string, prefix: string): Promise<readonly string[]> {
  const text = await readFile(join(cwd, 'built', 'node-images.txt'), 'utf8').catch(() => '');
  const rank = (line: string): number => ORDER.findIndex((component) => line.includes(`/corda-compat-${component}:`));
  const ours = text.split('\n').filter((line) => line.startsWith(`${prefix}/`) && rank(line) >= 0);
  return ours
    .reverse()
    .sort((a, b) => rank(a) - rank(b))
    .map((line) => line.replace(/:[^/:@]+@/, '@'));
}
