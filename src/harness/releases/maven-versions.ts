import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { compareMavenVersions } from '../domain/maven-version.ts';
import { editDistance } from '../support/edit-distance.ts';

const NEAR = 5;

const versionSchema = z.preprocess(
  (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(z.string()),
);
/** An empty element reads as an empty string. */
const versionsSchema = z.preprocess((value) => (value === '' ? {} : value), z.object({ version: versionSchema }));
const metadataSchema = z.object({ metadata: z.object({ versioning: z.object({ versions: versionsSchema }) }) });

/** The versions that a maven-metadata.xml lists, oldest first. @throws Error when it is none */
export function versionsOf(metadata: string): readonly string[] {
  const parsed: unknown = new XMLParser({ parseTagValue: false }).parse(metadata);
  return metadataSchema.parse(parsed).metadata.versioning.versions.version.toSorted(compareMavenVersions);
}

/** Up to five versions that somebody who wrote `wanted` may have meant: few letters differ, or neighbours in order. */
export function nearVersions(wanted: string, available: readonly string[]): readonly string[] {
  const sorted = available.toSorted(compareMavenVersions);
  const place = sorted.filter((version) => compareMavenVersions(version, wanted) < 0).length;
  const scored = sorted.map((version, index) => ({
    version,
    letters: isBeginning(version, wanted) ? 1 : editDistance(version, wanted),
    steps: Math.min(Math.abs(index - place), Math.abs(index + 1 - place)),
  }));
  return scored
    .toSorted((a, b) => a.letters - b.letters || a.steps - b.steps)
    .slice(0, NEAR)
    .map(({ version }) => version);
}

/** `3.3` is a short way of writing `3.3-corda`. */
function isBeginning(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
