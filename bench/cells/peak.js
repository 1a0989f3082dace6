// Loaded before vitest's main process: says at its end how much memory it has had at most, in KB. Plain Node, for any version.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS)));
