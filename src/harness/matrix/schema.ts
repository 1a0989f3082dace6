import { z } from 'zod';
import { PEER_COUNTS, PROVIDER_NAMES, WORKLOAD_KINDS } from '../domain/cell.ts';
import { DATABASE_KINDS } from '../domain/node-database.ts';
import { cordapps, release, releaseId } from './schema-release.ts';
import { workload } from './schema-workload.ts';

/** What matrix.json may say. The descriptions show up in editors through matrix.schema.json. */

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
    'Which releases meet: "all" (every two), "ordered" (every two, both ways round), "adjacent" (neighbours in version order), ' +
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
    'Which release each peer of a pair runs, 2 to 10 of them: party-a, party-b and so on. The mixed cell has one of each release.',
  );

const topology = z
  .strictObject({
    notary: z
      .enum(SIDES)
      .default('left')
      .describe('Which release the notary runs; in the mixed cell "left" is the oldest and "right" the newest.'),
    peers,
    validating: z.boolean().default(false).describe('Whether the notary is a validating one.'),
    notaries: z
      .literal([1, 2])
      .exactOptional()
      .describe(
        'How many notaries the network has, 1 or 2; the second one, notary-b, runs the release that the first one does not. Left out: 2 where the suites of the lifecycle run, otherwise 1.',
      ),
    onboarding: z
      .enum(['minted', 'doorman'])
      .default('minted')
      .describe(
        'How nodes join: "minted" makes their keys and certificates for them, "doorman" lets every node register with a doorman and find the others by a network map.',
      ),
    database: z
      .enum(DATABASE_KINDS)
      .default('h2')
      .describe(
        'The nodes\' database: "h2" is a file in each node\'s folder, "postgresql" one for each node on the server that COMPAT_POSTGRES names, or, in containers, on a server of the cell\'s own.',
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

/** A run starts no cluster of its own. Matrices that name the one choice, or the throw-away K3s of before, are told so. */
export const onlyKubeconfig = z.literal(
  'kubeconfig',
  'must be "kubeconfig". A run starts no cluster ("k3s" is gone). Start one with k3d, kind or k3s, and name its kubeconfig by KUBECONFIG',
);

const kubernetes = z
  .strictObject({
    workload: z
      .enum(WORKLOAD_KINDS)
      .default('statefulset')
      .describe('What keeps the Pods of nodes and services there: "statefulset" or "deployment".'),
  })
  .prefault({})
  .describe('What provider "kubernetes" makes in a cluster.');

const limits = z
  .strictObject({
    start: secondsLimit(180, 'From the start of a node to its "started up"; nodes of a network start a few at a time'),
    flow: secondsLimit(30, 'One flow: issue, pay, exit, notarise'),
    arrival: secondsLimit(10, "Until a paid coin is seen in the payee's vault"),
    prepare: secondsLimit(180, 'One preparing JVM run: minting, schema template, compilation'),
    teardown: secondsLimit(60, "Undoing one cell's space"),
    build: secondsLimit(3600, 'One command of the build of a git revision'),
  })
  .prefault({})
  .describe('Limits of named waits, in seconds.');

const known = z
  .strictObject({
    pair: z
      .string()
      .regex(
        /^(?:[^+\s]+\+[^+\s]+|mixed)$/,
        'must be a pair as it is written elsewhere, for example "3.3-corda+4.10", or "mixed"',
      )
      .describe('The pair, for example "3.3-corda+4.10", or "mixed".'),
    reason: z.string().min(1).describe('Why it does not work; shown with the verdict.'),
    until: z.iso
      .date('must be a date, for example "2027-01-31"')
      .describe('Last day of the declaration, for example "2027-01-31".'),
  })
  .describe('A pair known not to work; it does not fail the run until the date.');

export const matrixSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find the description of this file.'),
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
        'Where networks live: "local" is processes on this machine, "docker" containers of a Docker engine, "kubernetes" Pods of a cluster.',
      ),
    cluster: onlyKubeconfig
      .default('kubeconfig')
      .describe('The cluster of provider "kubernetes": "kubeconfig", the one that kubectl uses, is the only choice.'),
    kubernetes,
    jvm: z
      .enum(['fast', 'stock'])
      .default('fast')
      .describe(
        'JVM options of nodes: "fast" suits nodes that live for a minute (C1, serial collector, Java 8: no bytecode verification), "stock" are the release\'s own.',
      ),
    workload,
    limits,
    known: z.array(known).default([]).describe('Pairs declared incompatible.'),
  })
  .meta({ title: 'corda-compat matrix', description: 'Which releases of Corda are tried with each other, and how.' });

/** matrix.json as parsed: defaults filled in, limits still in seconds, nothing cross-checked. */
export type MatrixFile = z.output<typeof matrixSchema>;

/** matrix.schema.json: what the file may say, for editors (JSON Schema draft 7, which they all read). */
export function matrixJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(matrixSchema, { io: 'input', target: 'draft-7' }) };
}
