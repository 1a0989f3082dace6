import { join } from 'node:path';
import { describeExit } from '../network/node-start.ts';
import type { NodeExit, Provider, RunningNode, ServiceLaunch, Space } from '../providers/provider.ts';

/** A service that was started, as those see it who wait for it. */
export interface StartedService {
  said(): Promise<string>;
  /** How it ended, in words; `undefined` while it runs. */
  ended(): string | undefined;
  /** Where its console is kept when its space is gone. */
  readonly log: string;
}

/** Starts a service of a space. */
export async function startService(
  launch: ServiceLaunch,
  { provider, space, evidence }: { provider: Provider; space: Space; evidence: string },
): Promise<StartedService> {
  const { service } = launch;
  const running: RunningNode = await provider.startService(space, launch);
  let exit: NodeExit | undefined;
  void running.exited.then((ended) => (exit = ended));
  return {
    said: () => provider.logs(space, service),
    ended: () => (exit ? describeExit(exit) : undefined),
    log: join(evidence, service, 'console.log'),
  };
}
