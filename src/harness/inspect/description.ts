import type { PlatformFacts } from '../corda/facts.ts';
import { JAVA_1_0_MAJOR } from './class-file.ts';
import { Contents, simpleName, type Kind } from './contents.ts';
import { numberIn, type JarFacts } from './jar-facts.ts';
import type { InspectedJar } from './rules.ts';

const KINDS: readonly (readonly [Kind, string])[] = [
  ['contract', 'contracts'],
  ['state', 'states'],
  ['flow', 'flows'],
  ['schema', 'schemas'],
  ['service', 'services'],
];

/** A jar in a few lines for people. @param others the other CorDapps of its node */
export function describeJar(
  { what, sha256, facts }: InspectedJar,
  others: readonly JarFacts[] = [],
): readonly string[] {
  const all = new Contents([facts, ...others]);
  const own = all.found(facts).filter(({ facts: { concrete, name } }) => concrete && !/\$\d+$|\$\w+\$\d/.test(name));
  const contents = KINDS.flatMap(([kind, plural]) => {
    const names = own.filter((each) => each.kind === kind).map((each) => each.facts.name);
    return names.length === 0 ? [] : [`  ${plural}: ${names.map(shown).sort().join(', ')}`];
  });
  const without = all.schemasWithoutScripts().filter(({ jar }) => jar === facts);
  return [
    `${what}: ${titleOf(facts)}`,
    `  ${platformOf(facts)}; ${javaOf(facts)}; ${signedBy(facts)}; SHA-256 ${sha256}`,
    ...contents,
    ...(without.length > 0
      ? [`  without migration scripts: ${without.map(({ schema }) => simpleName(schema)).join(', ')}`]
      : []),
  ];
}

/** `contract "Token SDK Contracts" version 2 by R3`, as its manifest has it. */
function titleOf({ manifest }: JarFacts): string {
  const parts = ['Contract', 'Workflow'].flatMap((part) => {
    const name = manifest.get(`Cordapp-${part}-Name`);
    if (name === undefined) return [];
    const [version, vendor] = [manifest.get(`Cordapp-${part}-Version`), manifest.get(`Cordapp-${part}-Vendor`)];
    return [
      `${part.toLowerCase()} ${JSON.stringify(name)} version ${version ?? '?'}${vendor === undefined ? '' : ` by ${vendor}`}`,
    ];
  });
  return parts.join('; ') || 'its manifest names no CorDapp';
}

/** What a node's log calls a CorDapp that it has loaded: 3.x its file, 4.x what its manifest says (Cordapp.kt). */
export function nameInLog(file: string, { manifest }: JarFacts, { cli }: Pick<PlatformFacts, 'cli'>): string {
  const fileName = file.replace(/[.]jar$/, '');
  if (cli === 'flags') return fileName;
  for (const part of ['Contract', 'Workflow']) {
    const name = manifest.get(`Cordapp-${part}-Name`);
    // A number is told as such: 02 as 2.
    if (name !== undefined)
      return `${part} CorDapp: ${name} version ${Number(manifest.get(`Cordapp-${part}-Version`))} `;
  }
  return `CorDapp ${manifest.get('Name') ?? fileName} version `;
}

function platformOf(facts: JarFacts): string {
  const minimum = numberIn(facts, 'Min-Platform-Version', 1);
  return `platform version ${minimum} or later, made for ${numberIn(facts, 'Target-Platform-Version', minimum)}`;
}

function javaOf({ classes }: JarFacts): string {
  const newest = Math.max(0, ...[...classes.values()].map(({ major }) => major - JAVA_1_0_MAJOR));
  return newest === 0 ? 'no classes' : `classes of Java ${newest}`;
}

function signedBy({ signatures: { signed, signers } }: JarFacts): string {
  if (!signed) return 'unsigned';
  return `signed by ${signers.map(({ name }) => name).join(' and ') || 'a key that cannot be read'}`;
}

function shown(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
