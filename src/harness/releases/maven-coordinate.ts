import { notBuilt } from '../domain/step-error.ts';
import type { Step } from '../domain/outcome.ts';

/** `group:artifact:version[:classifier]`, taken apart; always a jar. */
export interface Coordinate {
  readonly text: string;
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly classifier?: string;
}

const PART = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/** @throws StepError not-built for anything that is no coordinate, and for snapshots */
export function parseCoordinate(text: string, step: Step): Coordinate {
  const [group, artifact, version, classifier, ...rest] = text.split(':');
  const parts = [group, artifact, version, ...(classifier === undefined ? [] : [classifier])];
  if (
    rest.length > 0 ||
    group === undefined ||
    artifact === undefined ||
    version === undefined ||
    !parts.every(isPart)
  ) {
    throw notBuilt(
      step,
      `${JSON.stringify(text)} is no Maven coordinate: write group:artifact:version, or :classifier after it.`,
    );
  }
  if (version.endsWith('-SNAPSHOT')) {
    throw notBuilt(
      step,
      `${text}: what a snapshot means changes from day to day. Name the jar file itself: { "jar": "path" }.`,
    );
  }
  return { text, group, artifact, version, ...(classifier === undefined ? {} : { classifier }) };
}

/** `corda-finance-contracts-4.8.jar` */
export function jarName({ artifact, version, classifier }: Coordinate): string {
  return `${[artifact, version, ...(classifier === undefined ? [] : [classifier])].join('-')}.jar`;
}

/** `net/corda/corda`: where a repository keeps all versions of an artifact. */
export function artifactPath({ group, artifact }: Pick<Coordinate, 'group' | 'artifact'>): string {
  return `${group.replaceAll('.', '/')}/${artifact}`;
}

function isPart(part: string | undefined): boolean {
  return part !== undefined && PART.test(part) && !part.includes('..');
}
