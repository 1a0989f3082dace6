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

/** Where a service of a space is started. */
export interface ServiceHost {
  readonly provider: Provider;
  readonly space: Space;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  /** Called with each service that runs, for whoever watches over them. */
  readonly onService?: (running: RunningNode) => void;
}

/** Starts a service of a space. */
export async function startService(launch: ServiceLaunch, host: ServiceHost): Promise<StartedService> {
  const { provider, space, evidence, onService } = host;
  const { service } = launch;
  const running = await provider.startService(space, launch);
  onService?.(running);
  let exit: NodeExit | undefined;
  void running.exited.then((ended) => (exit = ended));
  return {
    said: () => provider.logs(space, service),
    ended: () => (exit ? describeExit(exit) : undefined),
    log: join(evidence, service, 'console.log'),
  };
}
