import { z } from 'zod';

/** What matrix.json may say of one release. The descriptions show up in editors through matrix.schema.json. */

const FILE_NAME_SAFE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const COORDINATE = /^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+:(?:[A-Za-z0-9._-]|\{version\})+$/;
/** As git allows them, without `a..b`, `@{1}` and what else leads from one commit to another. */
const REF = /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/))[^\s~^:?*[\\]+(?:\^(?:\{(?:commit)?\}|0))?$/;
const REPOSITORY = /^(?!-)(?![A-Za-z0-9]+::)\S(?:.*\S)?$/;
const BELOW = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$)).+$/;

export const releaseId = z
  .string()
  .regex(
    FILE_NAME_SAFE,
    'a release id names folders and vitest projects: 1 to 40 letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit',
  );

export const gitRef = z
  .string()
  .regex(REF, 'must be a branch, a tag, origin/<branch> or a SHA of 4 digits or more, for example "release/os/4.12"');

export const cordapps = z.strictObject({
  maven: z
    .array(
      z
        .string()
        .regex(
          COORDINATE,
          'must be "group:artifact:version", three parts, for example "net.corda:corda-finance-contracts:4.8"; the version may be "{version}", the node\'s own release',
        ),
    )
    .default([])
    .describe(
      'Maven coordinates "group:artifact:version"; {version} stands for the version of the node that carries it.',
    ),
  jar: z.array(z.string().min(1)).default([]).describe('CorDapp jar files, relative to this file.'),
});

const recipe = z.strictObject({
  command: z.string().min(1).describe('What builds it, run by "sh -c" at the root of the revision\'s files.'),
  artefact: z
    .string()
    .regex(
      BELOW,
      'must be a path below the root of the revision\'s files, for example "capsule/build/libs/corda-*.jar"',
    )
    .describe('Glob of what it makes: exactly one file for the node, one or more for CorDapps.'),
});

const build = z
  .strictObject({
    node: recipe.optional().describe("How the node's jar (a capsule) is built."),
    cordapps: recipe
      .optional()
      .describe(
        'How CorDapps are built; nodes carry them beside the others, and instead of those of the same artifact.',
      ),
  })
  .describe("How a git release is built. Of Corda's own tree: what differs from the preset of its version.");

export const release = z
  .strictObject({
    maven: z
      .string()
      .regex(VERSION, 'must be a version of net.corda:corda alone, for example "4.8"')
      .optional()
      .describe('Version of net.corda:corda in a Maven repository, for example "4.8" or "3.3-corda".'),
    jar: z.string().min(1).optional().describe('A node jar (capsule) of your own, relative to this file.'),
    git: z
      .string()
      .regex(REPOSITORY, 'must be the URL of a git repository, or a path, for example "../corda"')
      .optional()
      .describe('A git repository: its URL, or its path relative to this file.'),
    ref: gitRef.optional().describe('The revision of "git" to build: a branch, a tag, origin/<branch> or a SHA.'),
    refs: z
      .string()
      .min(1)
      .optional()
      .describe('Instead of "ref": a file with one ref a line, relative to this file. Each is a release of its own.'),
    build: build.optional(),
    cordapps: cordapps
      .optional()
      .describe(
        "CorDapps of this release's nodes, instead of the ones at the top. Two releases may differ in these only.",
      ),
    java: z
      .literal([8, 17])
      .optional()
      .describe('Java version of this release, where it differs from what Corda says.'),
    jvmArgs: z
      .array(z.string().regex(/^-\S+$/, 'must be one JVM option beginning with "-", for example "-Xmx512m"'))
      .default([])
      .describe('Further JVM options of every node of this release.'),
    base: z
      .string()
      .regex(/^\S+$/, 'must be the name of an image, for example "eclipse-temurin:8-jre"')
      .optional()
      .describe("Base image of this release's images, instead of the one of its Java version."),
  })
  .meta({
    description: 'A release of Corda: exactly one of `maven`, `jar` or `git`.',
    oneOf: [{ required: ['maven'] }, { required: ['jar'] }, { required: ['git'] }],
  });

export type ReleaseEntry = z.output<typeof release>;
export type CordappsEntry = z.output<typeof cordapps>;
