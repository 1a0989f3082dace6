import { notBuilt } from '../domain/step-error.ts';
import { errorCode } from './cache-errors.ts';
import { NotAJar, withJar } from '../support/jar.ts';
import { parseManifest, type Manifest } from './manifest.ts';

/** What a node capsule's manifest says. */
export interface CapsuleManifest {
  /** `Corda-Release-Version`, else `Application-Version`; undefined where neither is there. */
  readonly version: string | undefined;
  readonly platformVersion: number;
  readonly mainClass: string;
  /** Java agents as `jar` or `jar=options`, the jar being one of the capsule's. */
  readonly agents: readonly string[];
  readonly jvmArgs: readonly string[];
}

const NEEDED = ['Application-Class', 'Java-Agents', 'Corda-Platform-Version'];

/**
 * Reads a node capsule's manifest. `what` names the jar in errors (`release mine (./dist/corda.jar)`).
 * @throws StepError not-built for a jar that is no capsule
 */
export async function readCapsule(file: string, what: string): Promise<CapsuleManifest> {
  const manifest = await readManifest(file, what);
  const missing = NEEDED.filter((name) => !manifest.get(name));
  const platformVersion = Number(manifest.get('Corda-Platform-Version'));
  if (missing.length > 0 || !Number.isInteger(platformVersion)) {
    const names = ['Main-Class', 'Automatic-Module-Name', 'Implementation-Title', 'Corda-Release-Version', ...NEEDED];
    const found = names.flatMap((name) =>
      manifest.get(name) ? [`${name}: ${(manifest.get(name) ?? '').slice(0, 60)}`] : [],
    );
    throw noCapsule(what, `its manifest has no ${missing.join(', ')} (found: ${found.join(', ') || 'none of ours'})`);
  }
  return {
    version: manifest.get('Corda-Release-Version') ?? manifest.get('Application-Version'),
    platformVersion,
    mainClass: manifest.get('Application-Class') ?? '',
    agents: wordsOf(manifest.get('Java-Agents')),
    jvmArgs: wordsOf(manifest.get('JVM-Args')),
  };
}

async function readManifest(file: string, what: string): Promise<Manifest> {
  try {
    const bytes = await withJar(file, (jar) => jar.read('META-INF/MANIFEST.MF'));
    if (!bytes) throw noCapsule(what, 'it has no manifest');
    return parseManifest(bytes.toString());
  } catch (cause) {
    if (cause instanceof NotAJar) throw noCapsule(what, cause.found, { cause });
    if (errorCode(cause) === 'ENOENT') throw notBuilt('resolve', `${what}: there is no file ${file}.`, { cause });
    throw cause;
  }
}

function noCapsule(what: string, why: string, options?: ErrorOptions): Error {
  const advice = 'A node capsule is what :node:capsule:buildCordaJAR builds, or net.corda:corda of a Maven repository.';
  return notBuilt('resolve', `${what} is no node capsule: ${why}. ${advice}`, options);
}

function wordsOf(text: string | undefined): readonly string[] {
  return text?.split(/\s+/).filter((word) => word !== '') ?? [];
}
