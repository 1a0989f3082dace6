import { defineConfig } from 'vitest/config';
import { cordaCompat } from './src/harness/vitest/plugin.ts';

/** One project for each cell of matrix.json. */
export default defineConfig({ plugins: [cordaCompat()] });
