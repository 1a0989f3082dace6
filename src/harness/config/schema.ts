import { z } from 'zod';
import { PROVIDER_NAMES, WORKLOAD_KINDS } from './cell.ts';
import { DATABASE_KINDS } from '../corda/database.ts';
import { PEER_COUNTS } from '../corda/topology.ts';

/** The part of matrix.json about one release. Editors show the descriptions through matrix.schema.json. */

const FILE_NAME_SAFE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const COORDINATE = /^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+:(?:[A-Za-z0-9._-]|\{version\})+$/;
/** Refs as git allows them, without `a..b`, `@{1}` and other forms that lead from one commit to another. */
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

const cordapps = z.strictObject({
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
  command: z.string().min(1).describe('The build command. "sh -c" runs it at the root of the revision\'s files.'),
  artefact: z
    .string()
    .regex(
      BELOW,
      'must be a path below the root of the revision\'s files, for example "capsule/build/libs/corda-*.jar"',
    )
    .describe('Glob of the result: exactly one file for the node, one or more for CorDapps.'),
});

const build = z
  .strictObject({
    node: recipe.optional().describe("The build of the node's jar (a capsule)."),
    cordapps: recipe
      .optional()
      .describe(
        'The build of CorDapps. Nodes carry them beside the others, and instead of those of the same artifact.',
      ),
  })
  .describe("The build of a git release. For Corda's own tree: the differences from the preset of its version.");

const release = z
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
        "CorDapps of this release's nodes, instead of the ones at the top. Two releases may differ in them only.",
      ),
    java: z
      .literal([8, 17])
      .optional()
      .describe("Java version of this release, if it differs from Corda's own choice."),
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

/** Enough replays for a failure in one direction, and to show that a failure does not come back. */
const SHRINK = { tries: 5, seconds: 600 } as const;

const shrink = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        tries: z
          .int()
          .min(1)
          .max(1_000)
          .default(SHRINK.tries)
          .describe('Number of replays, each on a network of its own.'),
        seconds: z
          .number()
          .positive()
          .max(86_400)
          .default(SHRINK.seconds)
          .describe('Time for all replays of a cell together, in seconds.'),
      }),
    ],
    'must be false or an object with "tries" and "seconds", for example { "tries": 5, "seconds": 600 }',
  )
  .default(SHRINK)
  .describe(
    'Limits for the replay of failed operations, which finds the fewest that still fail. false: no replay, as with COMPAT_SHRINK=0.',
  );

/** The operations beside those of every suite. */
const workload = z
  .strictObject({
    seed: z.int().min(0).max(2_147_483_647).default(1).describe('Seed of the random suite; COMPAT_SEED overrides it.'),
    operations: z.int().min(1).max(100_000).default(24).describe('Operations of the random suite.'),
    parallel: z.int().min(1).max(64).default(4).describe('Operations in flight at a time in the random suite.'),
    rate: z
      .number()
      .positive()
      .max(1_000)
      .exactOptional()
      .describe(
        'Operations a second of the random suite, each at its time, whatever the results before. "parallel" then counts for the first coins only.',
      ),
    lifecycle: z
      .boolean()
      .default(false)
      .describe('Runs the suites of suites/lifecycle too: restart, upgrade and others. COMPAT_LIFECYCLE overrides it.'),
    shrink,
  })
  .prefault({})
  .describe('The operations of the suites, and the replay of failed ones.');

/** The shape of matrix.json. Editors show the descriptions through matrix.schema.json. */

const SIDES = ['left', 'right'] as const;
const MIXED_FORM = `must be "all" or a list of ${PEER_COUNTS.least} to ${PEER_COUNTS.most} release ids`;

export const PAIR_MODES = ['all', 'ordered', 'adjacent'] as const;

const pairs = z
  .union([
    z.enum(PAIR_MODES),
    z.templateLiteral(['against:', z.string().min(1)]),
    z
      .array(z.tuple([z.string(), z.string()], 'must be a couple of release ids, for example ["4.8", "4.10"]'))
      .min(1, 'must name at least one pair, for example [["4.8", "4.10"]]'),
  ])
  .default('adjacent')
  .describe(
    'The pairs to try: "all" (every two), "ordered" (every two, both ways round), "adjacent" (neighbours in version order), ' +
      '"against:ID" (each with one), or a list of ["left", "right"]. A pair of a release with itself is allowed in a list: the control.',
  );

const mixed = z
  .union(
    [z.literal('all'), z.array(z.string()).min(PEER_COUNTS.least, MIXED_FORM).max(PEER_COUNTS.most, MIXED_FORM)],
    MIXED_FORM,
  )
  .optional()
  .describe(
    'One more cell, named "mixed": all these releases in one network, a peer of each. "all", or a list of 2 to 10 release ids.',
  );

const peers = z
  .array(z.enum(SIDES))
  .min(PEER_COUNTS.least)
  .max(PEER_COUNTS.most)
  .refine(
    (list) => list.length < PEER_COUNTS.least || SIDES.every((side) => list.includes(side)),
    'must name "left" and "right", each at least once',
  )
  .default(['left', 'right'])
  .describe(
    'The release of each peer of a pair, 2 to 10 of them: party-a, party-b and so on. The mixed cell has one of each release.',
  );

const topology = z
  .strictObject({
    notary: z
      .enum(SIDES)
      .default('left')
      .describe('The release of the notary. In the mixed cell, "left" is the oldest and "right" the newest.'),
    peers,
    validating: z.boolean().default(false).describe('Makes the notary a validating one.'),
    notaries: z
      .literal([1, 2])
      .exactOptional()
      .describe(
        'Number of notaries, 1 or 2. The second, notary-b, runs the other release. Left out: 2 with the lifecycle suites, otherwise 1.',
      ),
    onboarding: z
      .enum(['minted', 'doorman'])
      .default('minted')
      .describe(
        'How nodes join. "minted": the run makes keys and certificates. "doorman": nodes register and use a network map.',
      ),
    database: z
      .enum(DATABASE_KINDS)
      .default('h2')
      .describe(
        'The nodes\' database. "h2": a file in each node\'s folder. "postgresql": a database for each node on a server. COMPAT_POSTGRES names the server; in containers, each cell may have its own.',
      ),
    minimumPlatformVersion: z
      .union([z.literal('auto'), z.int().min(1).max(1000)], 'must be "auto" or a whole number from 1')
      .default('auto')
      .describe('Network parameter; "auto" is the lowest platform version of the nodes.'),
  })
  .prefault({})
  .describe('The network of every cell.');

const secondsLimit = (byDefault: number, what: string) =>
  z.number().positive().max(86_400).default(byDefault).describe(`${what}, in seconds.`);

/** A run starts no cluster of its own. A matrix with another value gets a message that says so. */
export const onlyKubeconfig = z.literal(
  'kubeconfig',
  'must be "kubeconfig". A run starts no cluster ("k3s" is gone). Start one with k3d, kind or k3s, and name its kubeconfig by KUBECONFIG',
);

const kubernetes = z
  .strictObject({
    workload: z
      .enum(WORKLOAD_KINDS)
      .default('statefulset')
      .describe('Kind of workload for nodes and services: "statefulset" or "deployment".'),
  })
  .prefault({})
  .describe('Objects that provider "kubernetes" makes in a cluster.');

const limits = z
  .strictObject({
    start: secondsLimit(180, 'From the start of a node to its "started up" (a few nodes of a network start at a time)'),
    flow: secondsLimit(30, 'One flow: issue, pay, exit, notarise'),
    arrival: secondsLimit(10, "From a payment to the coin in the payee's vault"),
    prepare: secondsLimit(180, 'One JVM run of the preparation: minting, schema template, compilation'),
    teardown: secondsLimit(60, 'Teardown of one cell'),
    build: secondsLimit(3600, 'One command of the build of a git revision'),
  })
  .prefault({})
  .describe('Limits of named waits, in seconds.');

const FAILURES_FORM =
  'must name the failures that are known, as a run without the declaration prints them: [{ "name": "4.10 pays 3.3-corda without an ok" }]';

const known = z
  .strictObject({
    pair: z
      .string()
      .regex(
        /^(?:[^+\s]+\+[^+\s]+|mixed)$/,
        'must be a pair as it is written elsewhere, for example "3.3-corda+4.10", or "mixed"',
      )
      .describe('The pair, for example "3.3-corda+4.10", or "mixed".'),
    reason: z.string().min(1).describe('The reason, which reports show with the verdict.'),
    until: z.iso
      .date('must be a date, for example "2027-01-31"')
      .describe('Last day of the declaration, for example "2027-01-31".'),
    failures: z
      .array(
        z.strictObject({
          name: z
            .string()
            .min(1)
            .describe('The name of the failure as a run prints it, for example "4.10 pays 3.3-corda without an ok".'),
          words: z
            .string()
            .min(1)
            .exactOptional()
            .describe('A part of its message; left out, any message counts. With it, another cause is no known one.'),
        }),
        FAILURES_FORM,
      )
      .min(1, FAILURES_FORM)
      .describe('The failures that the declaration means. Any other failure makes the pair "incompatible".'),
  })
  .describe('A pair known not to work; it does not fail the run until the date.');

export const matrixSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Path of the description of this file, for editors.'),
    releases: z
      .record(releaseId, release)
      .refine(
        (releases) => Object.keys(releases).length > 0,
        'must name a release, for example "4.8": { "maven": "4.8" }',
      )
      .describe('The releases by id; the ids name pairs: "4.8+4.10".'),
    cordapps: cordapps.prefault({}).describe('CorDapps that every node carries, unless its release names its own.'),
    pairs,
    mixed,
    topology,
    provider: z
      .enum(PROVIDER_NAMES)
      .default('local')
      .describe(
        'Place of the networks: "local" (processes on this machine), "docker" (containers of a Docker engine) or "kubernetes" (Pods of a cluster).',
      ),
    cluster: onlyKubeconfig
      .default('kubeconfig')
      .describe(
        'The cluster of provider "kubernetes". The only choice is "kubeconfig", the cluster that kubectl uses.',
      ),
    kubernetes,
    jvm: z
      .enum(['fast', 'stock'])
      .default('fast')
      .describe(
        'JVM options of nodes. "fast" suits nodes that live for a minute: C1, serial collector, on Java 8 no bytecode verification. "stock": the release\'s own.',
      ),
    workload,
    limits,
    known: z.array(known).default([]).describe('Pairs declared incompatible.'),
  })
  .meta({
    title: 'corda-compat matrix',
    description: 'The releases of Corda that a run tries with each other, and the way it tries them.',
  });

/** matrix.json as parsed: defaults filled in, limits still in seconds, nothing cross-checked. */
export type MatrixFile = z.output<typeof matrixSchema>;

/** matrix.schema.json: what the file may say, for editors (JSON Schema draft 7, which they all read). */
export function matrixJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(matrixSchema, { io: 'input', target: 'draft-7' }) };
}
