/** What happens, and how long it may take. */
export interface LimitOptions {
  /** A sentence's subject: `removal of /tmp/…`. */
  readonly name: string;
  /** Milliseconds. */
  readonly limit: number;
}

/**
 * Waits for a promise no longer than the limit. What the promise stands for goes on; only the waiting ends.
 * @throws Error naming what was waited for
 */
export async function withLimit<T>(promise: Promise<T>, { name, limit }: LimitOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${name}: not done within ${limit / 1000} s`));
    }, limit);
  });
  // Its failure after the limit is nobody's any more.
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The work's value, or the signal's reason as soon as it is aborted; the work itself is not stopped by this. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
