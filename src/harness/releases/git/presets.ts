import { compareMavenVersions } from '../../domain/maven-version.ts';
import { lineOf, platformFactsOf } from '../../domain/platform-facts-table.ts';
import type { JavaMajor } from '../../domain/platform-facts.ts';
import type { BuildRecipe } from '../../domain/release.ts';

/** How Corda's own tree is built at one version. */
export interface Preset {
  readonly java: JavaMajor;
  /** Gradle tasks by component, and where what they make lies. */
  readonly node: GradlePart;
  readonly cordapps: GradlePart;
}

interface GradlePart {
  readonly tasks: readonly string[];
  readonly artefact: string;
}

/** Read at release-V3.3, release/os/4.1, release-os-4.8-GA, -4.11, -4.12: node/capsule/build.gradle, finance/…/build.gradle. */
const NODE: GradlePart = {
  tasks: [':node:capsule:buildCordaJAR'],
  artefact: 'node/capsule/build/libs/corda-*.jar',
};
const FINANCE_3: GradlePart = { tasks: [':finance:jar'], artefact: 'finance/build/libs/corda-finance-*.jar' };
/** From 4.0 there are two, since contracts travel with transactions and flows need not. */
const FINANCE_4: GradlePart = {
  tasks: [':finance:contracts:jar', ':finance:workflows:jar'],
  artefact: 'finance/{contracts,workflows}/build/libs/corda-finance-{contracts,workflows}-*.jar',
};

/** The preset of a version of Corda; undefined for a line that is not known. */
export function presetOf(version: string): Preset | undefined {
  const java = platformFactsOf(version)?.java;
  if (java === undefined) return undefined;
  const isThree = compareMavenVersions(lineOf(version) ?? version, '4.0') < 0;
  return { java, node: NODE, cordapps: isThree ? FINANCE_3 : FINANCE_4 };
}

/** No daemon: it would outlive the build. One command for all parts, so that Gradle runs once. */
export function gradleRecipe(part: GradlePart, parts: readonly GradlePart[]): BuildRecipe {
  const tasks = parts.flatMap((each) => each.tasks);
  return { command: `./gradlew --no-daemon --console=plain ${tasks.join(' ')}`, artefact: part.artefact };
}
