import { currentHarness } from './harness-slot.ts';

/** Run once by vitest in the main process: opens the hub for workers; the returned teardown ends everything. */
export default async function setup(): Promise<() => Promise<void>> {
  const harness = currentHarness();
  await harness.open();
  return () => harness.finish();
}
