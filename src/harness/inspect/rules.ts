import type { JavaMajor, PlatformFacts } from '../corda/facts.ts';
import { JAVA_1_0_MAJOR } from './class-file.ts';
import { Contents, scriptOf, simpleName, type Found } from './contents.ts';
import { isWholeNumber, numberIn, type JarFacts } from './jar-facts.ts';
import { isOfDevelopment } from './signatures.ts';

/** A jar that a node gets as a CorDapp. */
export interface InspectedJar {
  /** For people. */
  readonly what: string;
  readonly sha256: string;
  readonly facts: JarFacts;
}

/** A release, as far as it matters to its CorDapps. */
export interface Inspected {
  readonly id: string;
  readonly facts: Pick<PlatformFacts, 'platformVersion' | 'schema' | 'cli'>;
  readonly java: JavaMajor;
  readonly cordapps: readonly InspectedJar[];
  /** Whether its nodes register, so that they are not in development mode. */
  readonly registers: boolean;
  /** Of these classes, those that neither its own jars nor Java bring; absent if its jars are not at hand. */
  readonly lacks?: (classes: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
}

/** Something about CorDapps that a user should know before a node starts. */
export interface Finding {
  readonly jars: readonly InspectedJar[];
  /** Its nodes do not take the CorDapps, or cannot work with them. */
  readonly refused: boolean;
  /** `a.jar asks for platform version 6`: the same for all releases that have the finding. */
  readonly what: string;
  /** `4.3 has 5`: what this release makes of it. */
  readonly here: string;
  readonly advice: string;
}

/** The platform version of 4.3: from then on nodes refuse two CorDapps with one contract. */
const ONE_JAR_A_CONTRACT = 5;
/** Packages that every node has itself. */
const PLATFORM = /^net\.corda\.(core|node|nodeapi|serialization|client|common|confidential)\./;
/** The platform version of 4.12: from then on nodes refuse CorDapps of Kotlin 1.2, whose metadata has version 1.1. */
const NO_KOTLIN_1_2 = 140;
/** Corda's own finance CorDapp of 3.x has tables and no scripts; the harness lets Hibernate make them. */
const FINANCE = /^net\.corda\.finance\./;
const VERSIONS = ['Contract', 'Workflow'] as const;

/** All findings about the CorDapps of a release. */
export async function inspect(release: Inspected): Promise<readonly Finding[]> {
  const jars = release.cordapps.filter((jar) => !isPlatform(jar));
  const contents = new Contents(jars.map(({ facts }) => facts));
  const own = { ...release, cordapps: jars };
  return [
    ...release.cordapps.filter(isPlatform).map(platformFinding),
    ...jars.flatMap((jar) => [
      ...signatureFindings(jar, own),
      ...platformVersionFindings(jar, own),
      ...versionFindings(jar, own),
      ...javaFindings(jar, own, contents),
      ...kotlinFindings(jar, own),
      ...emptyFindings(jar, contents),
    ]),
    ...twiceFindings(own, contents),
    ...schemaFindings(own, contents),
    ...(await missingFindings(own, contents)),
  ];
}

/** Nothing but classes of Corda itself: they would not even be looked at, since a node's own come first. */
function isPlatform({ facts: { classes } }: InspectedJar): boolean {
  return classes.size > 0 && [...classes.keys()].every((name) => PLATFORM.test(name));
}

function platformFinding(jar: InspectedJar): Finding {
  const [first = ''] = jar.facts.classes.keys();
  return {
    jars: [jar],
    refused: true,
    what: `${jar.what} is no CorDapp: it holds classes of Corda itself (${first})`,
    here: 'every node has its own',
    advice: 'Leave it out of "cordapps".',
  };
}

function emptyFindings(jar: InspectedJar, contents: Contents): readonly Finding[] {
  if (contents.found(jar.facts).length > 0 || jar.facts.migrations.size > 0) return [];
  const what = `${jar.what} is no CorDapp: it holds no contract, state, flow, schema or service`;
  return [{ jars: [jar], refused: false, what, here: 'nodes take it as a library', advice: '' }];
}

function signatureFindings(jar: InspectedJar, { registers, facts }: Inspected): readonly Finding[] {
  const { signatures } = jar.facts;
  if (signatures.broken !== undefined) {
    const what = `${jar.what} is not as it was signed: ${signatures.broken}`;
    const advice = 'Build it again and sign it last, or remove META-INF/*.SF and the signature beside it.';
    return [{ jars: [jar], refused: true, what, here: 'Java does not load it', advice }];
  }
  // 3.x does not look at keys.
  if (!registers || facts.cli === 'flags' || !isOfDevelopment(signatures)) return [];
  const what = `${jar.what} is signed with Corda's development key`;
  const here = 'nodes outside development mode refuse it, but those of this run do not';
  return [{ jars: [jar], refused: false, what, here, advice: 'For a real network, sign it with a key of your own.' }];
}

/** 3.x does not ask. Up to 4.5 a node leaves such a CorDapp out with a warning, later ones end. */
function platformVersionFindings(jar: InspectedJar, { id, facts }: Inspected): readonly Finding[] {
  const wanted = numberIn(jar.facts, 'Min-Platform-Version', 1);
  if (wanted <= facts.platformVersion) return [];
  const asks = facts.cli !== 'flags';
  const end = !asks ? 'does not ask' : facts.schema === 'migration' ? 'does not start with it' : 'starts without it';
  return [
    {
      jars: [jar],
      refused: asks,
      what: `${jar.what} asks for platform version ${wanted}`,
      here: `${id} has ${facts.platformVersion} and ${end}`,
      advice: `Give it a version of the CorDapp for its platform version, or leave the release out.`,
    },
  ];
}

/** 3.x does not read these attributes. */
function versionFindings(jar: InspectedJar, { id, facts }: Inspected): readonly Finding[] {
  if (facts.cli === 'flags') return [];
  const { manifest } = jar.facts;
  return VERSIONS.filter((part) => manifest.has(`Cordapp-${part}-Name`)).flatMap((part) => {
    const attribute = `Cordapp-${part}-Version`;
    const text = manifest.get(attribute);
    if (text !== undefined && isWholeNumber(text) && Number(text) >= 1) return [];
    const what = `${jar.what} has ${text === undefined ? 'no' : `the`} ${attribute}${text === undefined ? '' : ` ${JSON.stringify(text)}`}`;
    const advice = 'Give it a whole number from 1 on.';
    return [{ jars: [jar], refused: true, what, here: `${id} does not start with it`, advice }];
  });
}

/** Only of classes that nodes load when they start: others may be for another Java. */
function javaFindings(jar: InspectedJar, { id, java }: Inspected, contents: Contents): readonly Finding[] {
  const newest = Math.max(0, ...contents.found(jar.facts).map(({ facts }) => facts.major - JAVA_1_0_MAJOR));
  if (newest <= java) return [];
  const what = `${jar.what} is compiled for Java ${newest}`;
  const advice = `Give it a version of the CorDapp for its Java, or leave the release out.`;
  return [{ jars: [jar], refused: true, what, here: `${id} runs on Java ${java}`, advice }];
}

/** As in LanguageVersion.kt: the newest metadata of all classes counts. */
function kotlinFindings(jar: InspectedJar, { id, facts }: Inspected): readonly Finding[] {
  if (facts.platformVersion < NO_KOTLIN_1_2) return [];
  const versions = [...jar.facts.classes.values()].flatMap(({ kotlin }) => (kotlin ? [kotlin] : []));
  if (versions.length === 0 || versions.some(([major = 0, minor = 0]) => major > 1 || minor > 1)) return [];
  const what = `${jar.what} is compiled by Kotlin 1.2`;
  const here = `${id} takes CorDapps of 4.12 or later only`;
  return [{ jars: [jar], refused: true, what, here, advice: 'Give it a version of the CorDapp for 4.12 or later.' }];
}

/** From 4.0 on no flow, from 4.3 on no contract either may be in two jars; before, chance decides which one counts. */
function twiceFindings({ id, facts, cordapps }: Inspected, contents: Contents): readonly Finding[] {
  return cordapps.flatMap((jar, index) =>
    cordapps.slice(index + 1).flatMap((other) => {
      const both = contents.found(jar.facts).filter(({ facts: { name } }) => other.facts.classes.has(name));
      const told =
        both.find(({ kind }) => kind === 'contract') ??
        both.find(({ kind, facts: { concrete } }) => kind === 'flow' && concrete);
      if (!told) return [];
      const refused = facts.cli !== 'flags' && (told.kind === 'flow' || facts.platformVersion >= ONE_JAR_A_CONTRACT);
      const what = `${jar.what} and ${other.what} both bring the ${told.kind} ${told.facts.name}`;
      const here = refused ? `${id} does not work with both` : `${id} takes it from one of them`;
      return [{ jars: [jar, other], refused, what, here, advice: 'Keep one of them.' }];
    }),
  );
}

/** Tables without scripts are made by nodes up to 4.5 alone; later ones end ("missing table"). */
function schemaFindings({ id, facts, cordapps, registers }: Inspected, contents: Contents): readonly Finding[] {
  if (facts.schema !== 'migration') return [];
  const without = contents.schemasWithoutScripts();
  return cordapps.flatMap((jar) => {
    const schemas = without.filter((each) => each.jar === jar.facts).map(({ schema }) => schema);
    const [first] = schemas;
    if (first === undefined) return [];
    const refused = registers || !schemas.every((name) => FINANCE.test(name));
    const what = `${jar.what} has tables without migration scripts (${schemas.map(simpleName).join(', ')})`;
    const here = refused
      ? `${id} does not start with it, as no release from 4.6 on does`
      : `${id} takes it in development mode only`;
    const advice = refused ? `Add the jar that brings migration/${scriptOf(first)}.xml, or leave the release out.` : '';
    return [{ jars: [jar], refused, what, here, advice }];
  });
}

/** What a class that nodes load extends must be somewhere: Java ends a node that lacks it. */
async function missingFindings(release: Inspected, contents: Contents): Promise<readonly Finding[]> {
  const { id, cordapps, lacks } = release;
  if (!lacks) return [];
  const loaded = cordapps.flatMap((jar) =>
    contents.found(jar.facts).flatMap((found) => (found.kind === 'state' ? [] : [{ jar, found }])),
  );
  const outside = ({ ancestors }: Found): readonly string[] => ancestors.filter((name) => !contents.get(name));
  const missing = await lacks(new Set(loaded.flatMap(({ found }) => outside(found))));
  if (missing.size === 0) return [];
  return cordapps.flatMap((jar) => {
    const own = loaded.filter((each) => each.jar === jar);
    const broken = own.find(({ found }) => outside(found).some((name) => missing.has(name)))?.found;
    if (!broken) return [];
    const name = outside(broken).find((each) => missing.has(each)) ?? '';
    const what = `${jar.what} has the ${broken.kind} ${broken.facts.name}, which needs ${name}`;
    const here = `no jar of ${id} brings that`;
    return [{ jars: [jar], refused: true, what, here, advice: 'Add the jar that brings it to "cordapps".' }];
  });
}
