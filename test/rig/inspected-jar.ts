import { readClass, type ClassFacts } from '../../src/harness/inspect/class-file.ts';
import type { JarFacts } from '../../src/harness/inspect/jar-facts.ts';
import type { InspectedJar } from '../../src/harness/inspect/rules.ts';
import type { Signatures } from '../../src/harness/inspect/signatures.ts';
import { classBytes, type ClassSpec } from './class-bytes.ts';

export interface JarSpec {
  readonly manifest?: Readonly<Record<string, string>>;
  readonly classes?: readonly ClassSpec[];
  readonly migrations?: readonly string[];
  readonly signatures?: Partial<Signatures>;
}

/** The facts of a jar that is not written. */
export function jarFacts({ manifest = {}, classes = [], migrations = [], signatures }: JarSpec): JarFacts {
  const read = classes.map((spec) => readClass(classBytes(spec)) as ClassFacts);
  return {
    manifest: new Map(Object.entries(manifest)),
    signatures: { signed: signatures !== undefined, signers: [], ...signatures },
    classes: new Map(read.map((each) => [each.name, each])),
    migrations: new Set(migrations),
  };
}

/** A jar named so, with this content. */
export function inspectedJar(what: string, spec: JarSpec): InspectedJar {
  return { what, sha256: `sha256 of ${what}`, facts: jarFacts(spec) };
}

const CORE = 'net.corda.core';

/** A contract, a flow and a state: nothing that any release refuses. */
export const CONTRACT: ClassSpec = { name: 'app.Contract', interfaces: [`${CORE}.contracts.Contract`] };
export const FLOW: ClassSpec = {
  name: 'app.Flow',
  superclass: `${CORE}.flows.FlowLogic`,
  annotations: [`${CORE}.flows.StartableByRPC`],
};
export const STATE: ClassSpec = { name: 'app.State', interfaces: [`${CORE}.contracts.ContractState`] };
export const SCHEMA: ClassSpec = { name: 'app.HouseSchemaV1', superclass: `${CORE}.schemas.MappedSchema` };
