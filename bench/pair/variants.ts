import { delimiter } from 'node:path';
import type { NodeKit } from '../../src/harness/releases/artefacts.ts';
import { jvmOptions } from '../../src/harness/provision/jvm-options.ts';

/** A way to start a node. */
export interface Variant {
  readonly name: string;
  /** `capsule`: `java -jar corda.jar`, a JVM that starts another one; `direct`: the node's own JVM alone. */
  readonly launch: 'capsule' | 'direct';
  /** All JVM options of a direct launch. */
  readonly jvmArgs: (kit: NodeKit) => readonly string[];
}

const C1_SERIAL = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export const CAPSULE: Variant = { name: 'capsule, as an operator runs it', launch: 'capsule', jvmArgs: () => [] };
export const FAST: Variant = {
  name: 'fast: + our logging and heap sizes',
  launch: 'direct',
  jvmArgs: (kit) => jvmOptions('fast', kit),
};

/** Each adds to the one before. */
export const VARIANTS: readonly Variant[] = [
  CAPSULE,
  { name: 'stock: direct, the same options', launch: 'direct', jvmArgs: (kit) => jvmOptions('stock', kit) },
  { name: '+ C1 and the serial collector', launch: 'direct', jvmArgs: () => C1_SERIAL },
  { name: '+ no verification', launch: 'direct', jvmArgs: () => [...C1_SERIAL, '-Xverify:none'] },
  FAST,
];

/** Arguments of `java` before the node's own. No flow runs in what is started so, so no agent is needed. */
export function javaArguments({ launch, jvmArgs }: Variant, kit: NodeKit): readonly string[] {
  if (launch === 'capsule') return ['-jar', kit.release.node.file];
  return [...jvmArgs(kit), '-cp', kit.classPath.join(delimiter), kit.mainClass];
}
