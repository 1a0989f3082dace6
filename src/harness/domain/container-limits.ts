/** What a container may take at most; a container that wants more memory is killed, and its end says so. */
export interface ContainerLimits {
  readonly memoryMb: number;
  /** Processors; a fraction is allowed. */
  readonly cpus: number;
}

/** Beside the heap: metaspace, code, threads, buffers of the broker. Twice what a node under load was seen to take. */
const BESIDE_HEAP_MB = 768;
/** More helps no node of ours, and one that spins leaves the rest to the others. */
const MOST_CPUS = 4;

/** By what was asked for, and by the heap that the JVM is allowed, whichever is more. @param cpus processors of the engine */
export function containerLimits(memoryMb: number, jvmArgs: readonly string[], cpus: number): ContainerLimits {
  return { memoryMb: Math.max(memoryMb, heapMb(jvmArgs)) + BESIDE_HEAP_MB, cpus: Math.min(MOST_CPUS, cpus) };
}

const UNITS: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };

/** The last `-Xmx` counts, as for the JVM; 0 where there is none. */
function heapMb(jvmArgs: readonly string[]): number {
  const found = jvmArgs.map((arg) => /^-Xmx(\d+)([kmg]?)$/i.exec(arg)).findLast((match) => match !== null);
  if (!found) return 0;
  const unit = UNITS[(found[2] ?? '').toLowerCase()] ?? 1 / (1024 * 1024);
  return Math.ceil(Number(found[1]) * unit);
}
