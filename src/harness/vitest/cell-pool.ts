import { ForksPoolWorker } from 'vitest/node';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, TestProject, WorkerRequest } from 'vitest/node';

/** Name of the pool of cells. */
export const CELL_POOL = 'cell-forks';

/**
 * Vitest's pool of forks: a process of its own for every cell that runs. Where tests are only listed, nothing can crash and no
 * network is asked for, and one process does so for all cells: its start and its imports are most of the work. Vitest 5 gives a
 * worker no way to forget modules of the cell before, and mostly lists without loading files: there each cell has its own process.
 */
export const cellPool: PoolRunnerInitializer = {
  name: CELL_POOL,
  createPoolWorker: (options: PoolOptions): PoolWorker =>
    options.method === 'collect' && forgetsModules(options) ? new ListingFork(options) : new CellFork(options),
};

function forgetsModules({ project }: PoolOptions): boolean {
  return project.vitest.version.startsWith('4.');
}

class CellFork extends ForksPoolWorker {
  override readonly name = CELL_POOL;
}

type Listener = Parameters<PoolWorker['on']>[1];
type Reply = 'started' | 'stopped';

/** A process that lists the tests of one cell after the other. */
interface Lister {
  readonly fork: CellFork;
  /** The settings that processes must share to replace each other. */
  readonly kind: string;
  isReady: boolean;
  isGone: boolean;
}

/** Those that no cell uses now. */
const idle: Lister[] = [];

/** To vitest a worker of one project; its process goes on with the next project's worker. */
class ListingFork implements PoolWorker {
  readonly name = CELL_POOL;
  readonly cacheFs = true;
  readonly #options: PoolOptions;
  readonly #listeners: { readonly event: string; readonly listener: Listener }[] = [];
  #lister: Lister | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const kind = kindOf(this.#options);
    const place = idle.findIndex((one) => one.kind === kind);
    this.#lister = place < 0 ? await begin(this.#options, kind) : idle.splice(place, 1)[0];
  }

  on(event: string, listener: Listener): void {
    this.#listeners.push({ event, listener });
    this.#used.fork.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    const place = this.#listeners.findIndex((one) => one.event === event && one.listener === listener);
    if (place >= 0) this.#listeners.splice(place, 1);
    this.#lister?.fork.off(event, listener);
  }

  send(message: WorkerRequest): void {
    const lister = this.#used;
    if (message.type === 'start' && lister.isReady) return this.#reply('started');
    // The process stays. It is free before the next cell asks for one, in the same turn of the event loop.
    if (message.type === 'stop') return this.#handOn();
    if (message.type === 'start') lister.isReady = true;
    lister.fork.send(message.type === 'collect' ? ofCell(message, this.#options.project) : message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  /** Its process is still at work only where vitest was told to stop at once. */
  async stop(): Promise<void> {
    await this.#lister?.fork.stop();
  }

  get #used(): Lister {
    if (!this.#lister)
      throw new Error('A worker that lists tests failed to answer: it was not started. Report this bug.');
    return this.#lister;
  }

  #handOn(): void {
    const lister = this.#used;
    this.#reply('stopped');
    for (const { event, listener } of this.#listeners.splice(0)) lister.fork.off(event, listener);
    if (!lister.isGone) idle.push(lister);
    this.#lister = undefined;
  }

  #reply(type: Reply): void {
    const heard = this.#listeners.filter(({ event }) => event === 'message');
    setImmediate(() => heard.forEach(({ listener }) => listener({ type, __vitest_worker_response__: true })));
  }
}

async function begin(options: PoolOptions, kind: string): Promise<Lister> {
  const fork = new CellFork(options);
  await fork.start();
  const lister: Lister = { fork, kind, isReady: false, isGone: false };
  fork.on('exit', () => (lister.isGone = true));
  options.project.vitest.onClose(() => fork.stop());
  return lister;
}

function kindOf({ environment, execArgv, env }: PoolOptions): string {
  return JSON.stringify([environment.name, environment.options, execArgv, env]);
}

/** The request with all that a process learns of its project when it starts; nothing is left of the cell before. */
function ofCell(message: WorkerRequest & { readonly type: 'collect' }, project: TestProject): WorkerRequest {
  const loaded = Object.values(project.vite.environments).flatMap(({ moduleGraph }) => [
    ...moduleGraph.fileToModulesMap.keys(),
  ]);
  const own = { config: project.serializedConfig, projectName: project.name, invalidates: loaded };
  return { ...message, context: { ...message.context, ...own } };
}
