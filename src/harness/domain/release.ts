import type { PlatformFacts, JavaMajor } from './platform-facts.ts';

/** Where a release's node jar comes from. */
export type ReleaseSource =
  { readonly kind: 'maven'; readonly version: string } | { readonly kind: 'jar'; readonly path: string } | GitSource;

/** A revision that the harness builds itself. */
export interface GitSource {
  readonly kind: 'git';
  /** URL or absolute path. */
  readonly repository: string;
  /** What the user wrote, before it is resolved: branch, tag, commit, `origin/x`. */
  readonly ref: string;
  /** What differs from the preset of the revision's own version, by component. */
  readonly build: Readonly<Partial<Record<BuiltComponent, BuildRecipe>>>;
  /** Milliseconds for one command of the build. */
  readonly limit: number;
}

/** What one build of a revision yields. */
export type BuiltComponent = 'node' | 'cordapps';

export interface BuildRecipe {
  /** Run by `sh -c` at the root of the worktree. */
  readonly command: string;
  /** Glob below the worktree; exactly one file for the node, at least one for CorDapps. */
  readonly artefact: string;
}

/** Where a CorDapp jar comes from: `group:artifact:version` (`{version}` = the node's own release) or a file. */
export type CordappSource =
  { readonly kind: 'maven'; readonly coordinate: string } | { readonly kind: 'jar'; readonly path: string };

/** One buildable version of Corda as the matrix names it; nothing fetched yet. */
export interface Release {
  /** The key in matrix.json, for example `4.10`. */
  readonly id: string;
  readonly source: ReleaseSource;
  readonly cordapps: readonly CordappSource[];
  /** Overrides the Java version that the platform facts say. */
  readonly java?: JavaMajor;
  /** Further JVM options of every node of this release. */
  readonly jvmArgs: readonly string[];
  /** Base image of this release's images, instead of the Java version's own. */
  readonly base?: string;
}

/** A file in the cache (or the user's own), whose checksum was verified in this run. */
export interface Artefact {
  /** Absolute path. */
  readonly file: string;
  /** File name as a node should see it, for example `corda-finance-contracts-4.8.jar`. */
  readonly name: string;
  readonly sha256: string;
  /** The coordinate or the path that the user wrote. */
  readonly origin: string;
}

/** A release whose node jar and CorDapps lie on this machine. */
export interface ResolvedRelease {
  readonly release: Release;
  readonly node: Artefact;
  /** `Corda-Release-Version` of the jar's manifest, for example `3.3-corda`. */
  readonly version: string;
  readonly facts: PlatformFacts;
  readonly java: JavaMajor;
  readonly cordapps: readonly CordappArtefact[];
  /** Where it was built from a revision. */
  readonly built?: BuiltFrom;
}

export interface BuiltFrom {
  readonly repository: string;
  /** Full SHA. */
  readonly commit: string;
  /** Digest of the recipe and the JDK that it was built with. */
  readonly recipe: string;
}

/** A CorDapp jar with what decides how the network must treat it. */
export interface CordappArtefact extends Artefact {
  /** Signed by anybody: signature constraints; unsigned: its contracts go into the network's whitelist. */
  readonly signed: boolean;
  /** Carries Liquibase change sets (`migration/…`); without them a 4.6+ node lets Hibernate make the tables. */
  readonly hasMigrations: boolean;
}

/** What is needed to start a node without the capsule's parent process: the capsule unpacked, its manifest read. */
export interface NodeKit {
  readonly release: ResolvedRelease;
  /** Absolute jars in the order the capsule uses. */
  readonly classPath: readonly string[];
  /** Folders below the node's own base directory whose jars join the class path (`drivers`; 3.x also loads CorDapps so). */
  readonly classPathFolders: readonly string[];
  readonly agent: { readonly jar: string; readonly options: string };
  /** Among its jars: Jolokia's agent, by which a JVM is asked how it is; absent where the release brings none. */
  readonly jolokia?: string;
  /** The manifest's own JVM options (`stock`). */
  readonly jvmArgs: readonly string[];
  readonly mainClass: string;
}

/** A Java runtime found or fetched. */
export interface JavaRuntime {
  readonly major: JavaMajor;
  /** For example `1.8.0_504`. */
  readonly version: string;
  readonly home: string;
  /** Absolute path of `java`. */
  readonly java: string;
  /** Absolute path of `javac`; absent in a JRE. */
  readonly javac?: string;
  /** How it was come by, for people: `COMPAT_JAVA_8_HOME`, `/usr/lib/jvm/…`, `Adoptium 8u432`, `Debian 8u504-ga-1`. */
  readonly origin: string;
}
