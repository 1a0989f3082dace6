import type { Release } from '../config/release.ts';
import type { PlatformFacts, JavaMajor } from '../corda/facts.ts';
import type { JarFacts } from '../inspect/jar-facts.ts';

/** A CorDapp that a release's nodes carried. */
export interface CordappReport {
  readonly name: string;
  readonly sha256: string;
  readonly origin: string;
}

/** The parts of a release's nodes. Only the id is known before the release is resolved. */
export interface ReleaseReport {
  /** Release id of the matrix. */
  readonly release: string;
  /** The node jar's own version, for example `3.3-corda`. */
  readonly version?: string;
  /** Coordinate or path of the node jar. */
  readonly origin?: string;
  /** Full SHA of the revision that it was built from. */
  readonly commit?: string;
  readonly sha256?: string;
  /** Version and origin of the Java runtime, for people. */
  readonly java?: string;
  readonly cordapps: readonly CordappReport[];
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
  /** Only if it was built from a revision. */
  readonly built?: BuiltFrom;
}

export interface BuiltFrom {
  readonly repository: string;
  /** Full SHA. */
  readonly commit: string;
  /** Digest of the recipe and the JDK that it was built with. */
  readonly recipe: string;
}

/** A CorDapp jar with the facts that decide how the network treats it. */
export interface CordappArtefact extends Artefact {
  /** Signed by any key: signature constraints. Unsigned: its contracts go into the network's whitelist. */
  readonly signed: boolean;
  readonly facts: JarFacts;
}

/** The facts to start a node without the capsule's parent process: the capsule unpacked, its manifest read. */
export interface NodeKit {
  readonly release: ResolvedRelease;
  /** Absolute jars in the order the capsule uses. */
  readonly classPath: readonly string[];
  /** Folders below the node's own base directory whose jars join the class path (`drivers`; 3.x also loads CorDapps so). */
  readonly classPathFolders: readonly string[];
  readonly agent: { readonly jar: string; readonly options: string };
  /** Jolokia's agent among its jars, which answers for a JVM; absent if the release has none. */
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
  /** Its origin, for people: `COMPAT_JAVA_8_HOME`, `/usr/lib/jvm/…`, `Adoptium 8u432`, `Debian 8u504-ga-1`. */
  readonly origin: string;
}
