import { type Step, blocked, StepError } from '../support/step-error.ts';

/** HTTP status of an engine's answer; `undefined` when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/** The engine's own message, without the library's part. */
export function saidByEngine(error: unknown): string {
  const { json, message } = error as { json?: { message?: string } | string; message?: string };
  const own = typeof json === 'string' ? json : json?.message;
  return (own ?? message ?? String(error)).trim();
}

/** The engine took a request and then reported a failure. */
export class EngineRefusal extends Error {
  constructor(words: string) {
    super(words);
    this.name = 'EngineRefusal';
  }
}

/** An error of the engine as the cell's end: request, engine, reason and remedy. */
export function engineFailure(what: string, error: unknown, step: Step): StepError {
  if (error instanceof StepError) return error;
  return blocked(step, `${what}: the Docker engine ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  const status = statusOf(error);
  const said = saidByEngine(error);
  if (/no space left|disk quota/i.test(said)) return `has no disk left: ${said}. Make room: docker system df`;
  if (error instanceof EngineRefusal) return `says: ${said}`;
  if (status === undefined) {
    return `does not answer (${said}). Start it, or set DOCKER_HOST; npx corda-compat doctor tells more`;
  }
  if (status === 409) return `refuses: ${said}. Something of that name is left: run npx corda-compat sweep`;
  if (/non-overlapping|address pool/.test(said)) {
    return `has no addresses left for another network: ${said}. Remove unused ones: docker network prune`;
  }
  return `answers ${status}: ${said}`;
}

/** Whether a registry answers that it has no such image. Some answer so for an image that the user may not see. */
export function isUnknownImage(error: unknown): boolean {
  return statusOf(error) === 404 || /manifest unknown|not found|name unknown/i.test(saidByEngine(error));
}
