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
      reject(new Error(`${name}: not within ${limit / 1000} s`));
    }, limit);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
