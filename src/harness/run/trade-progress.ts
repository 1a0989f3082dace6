import type { TradeProgress } from '../domain/lease.ts';

/** What is known of suites that run, in words. */
export interface TradeView {
  /** The suite or test that runs from now on. */
  readonly suite: (name: string) => void;
  readonly traded: (progress: TradeProgress) => void;
  readonly words: () => string;
}

/** @param now milliseconds, monotonic */
export function createTradeView(now: () => number = () => performance.now()): TradeView {
  let running: { readonly name: string; readonly since: number } | undefined;
  let progress: TradeProgress | undefined;
  return {
    suite: (name) => {
      running = { name, since: now() };
      progress = undefined;
    },
    traded: (latest) => void (progress = latest),
    words: () => {
      const test = running && `${running.name} for ${Math.round((now() - running.since) / 1000)} s`;
      return [test, progress && inWords(progress)].filter((each) => each !== undefined).join('; ');
    },
  };
}

/** `530 of 2,000 operations, 3.9 a second, 2 failed, 4 in flight` */
function inWords({ done, total, failed, inFlight, tookMs }: TradeProgress): string {
  const of = total === undefined ? '' : ` of ${counted(total)}`;
  const rate = tookMs > 0 ? `, ${((1000 * done) / tookMs).toFixed(1)} a second` : '';
  return `${counted(done)}${of} operations${rate}, ${counted(failed)} failed, ${counted(inFlight)} in flight`;
}

function counted(number: number): string {
  return number.toLocaleString('en-US');
}
