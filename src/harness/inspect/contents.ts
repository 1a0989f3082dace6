import type { ClassFacts } from './class-file.ts';
import type { JarFacts } from './jar-facts.ts';

/** What a node looks for in a CorDapp. */
export type Kind = 'contract' | 'flow' | 'state' | 'schema' | 'service' | 'serializer';

const CORE = 'net.corda.core';
/** Types of Corda by which a class is of a kind (nodes look for the same ones: JarScanningCordappLoader.kt). */
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  ['contract', /^contracts\.(Contract|UpgradedContract|UpgradedContractWithLegacyConstraint)$/],
  [
    'state',
    /^(contracts\.(ContractState|LinearState|OwnableState|FungibleAsset|FungibleState|SchedulableState)|schemas\.QueryableState)$/,
  ],
  ['schema', /^schemas\.MappedSchema$/],
  ['flow', /Flow(Logic|\$\w+)?$/],
  ['serializer', /^serialization\.(SerializationWhitelist|SerializationCustomSerializer|CheckpointCustomSerializer)$/],
];
/** By these a node finds classes whatever they extend, and loads them when it starts. */
const FOUND_BY = new Map<string, Kind>([
  ...['StartableByRPC', 'StartableByService', 'InitiatedBy', 'SchedulableFlow'].map(
    (name) => [`${CORE}.flows.${name}`, 'flow'] as const,
  ),
  [`${CORE}.node.services.CordaService`, 'service'],
]);

/** Of files with migration scripts. */
const EXTENSIONS = ['xml', 'sql', 'yml', 'json'];

/** A class of a CorDapp that nodes work with. */
export interface Found {
  readonly kind: Kind;
  readonly facts: ClassFacts;
  /** All that it extends and implements, as far as these jars tell, nearest first. */
  readonly ancestors: readonly string[];
}

/** The CorDapps of one node. */
export class Contents {
  readonly #jars: readonly JarFacts[];
  readonly #classes: ReadonlyMap<string, ClassFacts>;
  /** Rules ask for the same jar many times. */
  readonly #found = new Map<JarFacts, readonly Found[]>();

  constructor(jars: readonly JarFacts[]) {
    this.#jars = jars;
    // The first jar with a class is the one that a class loader takes it from.
    this.#classes = new Map(jars.toReversed().flatMap(({ classes }) => [...classes]));
  }

  /** Classes of a jar by what they are for nodes, abstract ones too. */
  found(jar: JarFacts): readonly Found[] {
    const known = this.#found.get(jar);
    if (known) return known;
    const found = [...jar.classes.values()].flatMap((facts) => {
      const ancestors = this.#ancestors(facts);
      const kind = kindOf(facts, ancestors);
      return kind ? [{ kind, facts, ancestors }] : [];
    });
    this.#found.set(jar, found);
    return found;
  }

  /** The class of this name, if one of the jars has it. */
  get(name: string): ClassFacts | undefined {
    return this.#classes.get(name);
  }

  /**
   * Schemas that have no migration script in any of these CorDapps. Nodes from 4.6 on want one for each
   * (MigrationHelpers.kt): the one that the schema names, or the one that is named after the schema.
   */
  schemasWithoutScripts(): readonly { readonly jar: JarFacts; readonly schema: string }[] {
    const scripts = new Set(this.#jars.flatMap(({ migrations }) => [...migrations]));
    const hasScript = ({ facts, ancestors }: Found): boolean => {
      const named = [facts, ...ancestors.map((name) => this.get(name))].flatMap((each) => each?.scripts ?? []);
      return (
        named.some((name) => scripts.has(`${name}.xml`)) ||
        EXTENSIONS.some((one) => scripts.has(`${scriptOf(facts.name)}.${one}`))
      );
    };
    return this.#jars.flatMap((jar) =>
      this.found(jar)
        .filter((found) => found.kind === 'schema' && found.facts.concrete && !hasScript(found))
        .map(({ facts }) => ({ jar, schema: facts.name })),
    );
  }

  #ancestors({ parents }: ClassFacts): readonly string[] {
    const all = new Set(parents);
    // A set that grows while it is read: each new one is read as well.
    for (const name of all) for (const parent of this.#classes.get(name)?.parents ?? []) all.add(parent);
    return [...all];
  }
}

function kindOf({ annotations }: ClassFacts, ancestors: readonly string[]): Kind | undefined {
  const byAnnotation = annotations.map((name) => FOUND_BY.get(name)).find((kind) => kind !== undefined);
  if (byAnnotation) return byAnnotation;
  const ofCorda = ancestors.filter((name) => name.startsWith(`${CORE}.`)).map((name) => name.slice(CORE.length + 1));
  return KINDS.find(([, type]) => ofCorda.some((name) => type.test(name)))?.[0];
}

/** The name of a schema's script, without its extension: `cash-schema-v1.changelog-master` of `x.CashSchemaV1`. */
export function scriptOf(schema: string): string {
  const words = simpleName(schema).replace(/(?<!^)[A-Z]/g, '-$&');
  return `${words.toLowerCase()}.changelog-master`;
}

export function simpleName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
}
