import { defineConfig } from 'vitest/config';
import { cordaCompat } from '../../src/harness/vitest/plugin.ts';

/** Cells whose suites plant faults; run by test/root/positive-controls.test.ts. */
export default defineConfig({ plugins: [cordaCompat({ include: ['test/controls/*.test.ts'] })] });
