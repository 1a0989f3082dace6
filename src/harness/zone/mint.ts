import { cp } from 'node:fs/promises';
import { join, delimiter } from 'node:path';
import type { ContentCache } from '../releases/cache.ts';
import { digest } from '../support/once.ts';
import { MINTER_MAIN, toolJvmArgs, type JvmTools } from '../releases/jvm-tools.ts';
import { SPACE_MARKER } from '../cleanup/ledger.ts';
import type { Artefact, JavaRuntime, NodeKit } from '../releases/artefacts.ts';
import { blocked, bug } from '../support/step-error.ts';
import { runCommand } from '../support/run-command.ts';
import { jvmWords, messageOf } from '../support/words.ts';

/** Raised when the content of a cache entry changes without the spec or the minter changing. */
const FORMAT = 1;

/**
 * Mints like `mint`, but once for the same nodes, addresses and contracts. A network of a minute gains nothing from
 * keys of its own, and its nodes are reached on loopback or inside their cell only. Two networks at once have
 * different addresses, so they never share an identity.
 *
 * @throws StepError blocked (zone) with the minter's own words
 */
export async function mintOnce(spec: MintSpec, options: MintOptions & { readonly cache: ContentCache }): Promise<void> {
  const { cache, tools } = options;
  const key = keyOf(spec, tools.digest);
  const minted = await cache.entry({ kind: 'zone', key, step: 'zone' }, async (folder) => {
    const nodes = spec.nodes.map((node, index) => ({ ...node, baseDirectory: folderOf(folder, index) }));
    await mint({ ...spec, nodes }, options);
  });
  await Promise.all(
    spec.nodes.map(({ baseDirectory }, index) => cp(folderOf(minted, index), baseDirectory, { recursive: true })),
  );
}

function folderOf(minted: string, index: number): string {
  return join(minted, String(index));
}

/** Digest of all inputs of the minter, without its output folder. */
function keyOf({ minimumPlatformVersion, nodes, cordapps }: MintSpec, minter: string): string {
  const told = nodes.map(({ party, platformVersion, p2p, notary }) => [
    party,
    platformVersion,
    p2p,
    notary?.validating,
  ]);
  const jars = cordapps.map(({ sha256 }) => sha256).toSorted();
  return digest([FORMAT, minter, minimumPlatformVersion, told, jars]);
}

const HEAP_MB = 256;
/** Setting up logging would take a third of a run; failures come as exceptions. */
const LOGGING = /[/\\]log4j-(api|core|slf4j-impl|web)-[^/\\]*$/;

/** A node of the network to be minted. */
export interface MintNode {
  /** Absolute; key stores, node infos and network parameters are written into it. */
  readonly baseDirectory: string;
  readonly party: string;
  readonly platformVersion: number;
  /** `host:port` by which the others reach it. */
  readonly p2p: string;
  readonly notary?: { readonly validating: boolean };
}

interface MintSpec {
  /** `auto`: the lowest platform version of the nodes. */
  readonly minimumPlatformVersion: 'auto' | number;
  readonly nodes: readonly MintNode[];
  /**
   * CorDapps of any node: contracts of unsigned ones go into the whitelist, with the hash of every jar that has them.
   * They may extend classes of signed ones.
   */
  readonly cordapps: readonly Artefact[];
}

export interface MintOptions {
  readonly tools: JvmTools;
  /** The 4.x release whose jars mint. */
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** Marks the process (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly logFile: string;
}

export interface Minted {
  /** SHA-256 of the network parameters, as the nodes name them. */
  readonly parameters: string;
  readonly minimumPlatformVersion: number;
  /** Contract class to jar hashes. */
  readonly whitelist: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds inside the JVM. */
  readonly tookMs: number;
}

/**
 * Mints a network: key stores, signed node infos and network parameters, written into every node's base directory.
 * @throws StepError blocked (zone) with the minter's own words
 */
export async function mint(spec: MintSpec, options: MintOptions): Promise<Minted> {
  const { tools, kit, runtime, marker, limit, signal, logFile } = options;
  if (!tools.minter) bug(`${tools.compiledAgainst} cannot mint, 4.x releases can`);
  const classPath = [tools.classes, ...kit.classPath.filter((jar) => !LOGGING.test(jar))].join(delimiter);
  const command = {
    name: 'minting',
    file: runtime.java,
    args: [...toolJvmArgs(runtime.major, HEAP_MB), '-cp', classPath, MINTER_MAIN],
    env: { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker },
    input: JSON.stringify(toJson(spec)),
    logFile,
    limit,
    signal,
  };
  const result = await runCommand(command).catch((error: unknown) => {
    signal.throwIfAborted();
    throw blocked('zone', `${message(error)}; log: ${logFile}`, { cause: error });
  });
  const answer = result.stdout.split('\n').findLast((line) => line.startsWith('{'));
  if (result.code === 0 && answer !== undefined) return JSON.parse(answer) as Minted;
  const words = jvmWords(result.output);
  const why = `ended with ${result.signal ?? `status ${result.code}`}: “${words[0] ?? '(nothing)'}”`;
  throw blocked('zone', `minting the network with Corda ${tools.compiledAgainst} ${why}; log: ${logFile}`, { words });
}

function toJson({ minimumPlatformVersion, nodes, cordapps }: MintSpec): object {
  return { minimumPlatformVersion, nodes, cordapps: cordapps.map(({ file }) => file) };
}

function message(error: unknown): string {
  return messageOf(error);
}
