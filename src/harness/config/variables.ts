/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Declared {
  /** The form of its value. */
  readonly shape: string;
  /** Its effect: a sentence without the subject. */
  readonly meaning: string;
  /** The value if it is not set; absent if there is none, or if matrix.json has it. */
  readonly byDefault?: string;
  /** Folders of src/harness that read it, and `cli`. */
  readonly readBy: readonly string[];
}

/** Every environment variable of the harness. docs/matrix.md has a row for each. */
export const VARIABLES = {
  COMPAT_ADOPTIUM_API: {
    shape: 'URL',
    meaning: "is the address of Adoptium's API",
    byDefault: 'https://api.adoptium.net',
    readBy: ['cli', 'releases'],
  },
  COMPAT_ATTACH: {
    shape: 'a name of a namespace',
    meaning: 'names the namespace of an existing network: the suites run on it, and it stays',
    readBy: ['cli', 'vitest'],
  },
  COMPAT_BASE_IMAGE: { shape: 'a name of an image', meaning: 'is the base image of nodes', readBy: ['cli', 'images'] },
  COMPAT_CACHE: {
    shape: 'a path',
    meaning: 'is the folder of downloads and builds',
    byDefault: '~/.cache/corda-compat',
    readBy: ['releases'],
  },
  COMPAT_CLUSTER: {
    shape: 'kubeconfig',
    meaning: 'says which cluster provider kubernetes uses; there is one choice',
    readBy: ['config'],
  },
  COMPAT_CONTEXT: {
    shape: 'a name of a context',
    meaning: 'is the context of the kubeconfig that names the cluster',
    readBy: ['providers'],
  },
  COMPAT_DEBIAN_MIRROR: {
    shape: 'URL',
    meaning: 'is a mirror of Debian, for Java',
    byDefault: 'http://deb.debian.org/debian',
    readBy: ['releases'],
  },
  COMPAT_JAVA_8_HOME: { shape: 'a path', meaning: 'is the home of a JDK 8', readBy: ['releases'] },
  COMPAT_JAVA_17_HOME: { shape: 'a path', meaning: 'is the home of a JDK 17', readBy: ['releases'] },
  COMPAT_KEEP: {
    shape: 'never, failed or always',
    meaning: 'says which folders of builds stay',
    byDefault: 'never',
    readBy: ['config', 'releases'],
  },
  COMPAT_LIFECYCLE: { shape: '0 or 1', meaning: 'says whether the suites of the lifecycle run', readBy: ['config'] },
  COMPAT_MATRIX: { shape: 'a path', meaning: 'is the matrix file', byDefault: 'matrix.json', readBy: ['config'] },
  COMPAT_MAVEN_REPOSITORY: {
    shape: 'URL',
    meaning: 'is the Maven repository that releases come from; it may hold user and password',
    readBy: ['releases'],
  },
  COMPAT_NAMESPACE: {
    shape: 'the beginning of a name',
    meaning: "begins the names of a cluster's namespaces",
    byDefault: 'corda-compat',
    readBy: ['config', 'provision'],
  },
  COMPAT_NAMESPACES: {
    shape: 'names with commas between them',
    meaning: 'names existing namespaces for cells, which then make none',
    readBy: ['config'],
  },
  COMPAT_PARALLEL: {
    shape: '1 to 32',
    meaning: 'is how many cells may run at once',
    byDefault: '1',
    readBy: ['config'],
  },
  COMPAT_PORTS: {
    shape: 'FIRST-LAST',
    meaning: 'is the range for the ports of nodes',
    byDefault: '20000-29999',
    readBy: ['providers'],
  },
  COMPAT_POSTGRES: {
    shape: 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
    meaning: "is the server of the nodes' databases",
    readBy: ['config', 'provision'],
  },
  COMPAT_POSTGRES_IMAGE: {
    shape: 'a name of an image',
    meaning: 'is the image of the database server of a cell without COMPAT_POSTGRES',
    readBy: ['provision'],
  },
  COMPAT_PROVIDER: {
    shape: 'local, docker or kubernetes',
    meaning: 'is the place of the networks',
    readBy: ['config'],
  },
  COMPAT_PUSH_GATEWAY: {
    shape: 'URL',
    meaning: 'is the Prometheus push gateway that gets the figures of each cell',
    readBy: ['byhand', 'config', 'provision'],
  },
  COMPAT_REGISTRY: {
    shape: 'HOST[:PORT][/PATH]',
    meaning: 'is the registry that images are pushed to and pulled from',
    readBy: ['byhand', 'cli', 'images', 'provision'],
  },
  COMPAT_REGISTRY_PASSWORD: {
    shape: 'text',
    meaning: 'is the password of the user of that registry',
    readBy: ['images'],
  },
  COMPAT_REGISTRY_USER: { shape: 'text', meaning: 'is the user of that registry', readBy: ['images'] },
  COMPAT_RESULTS: {
    shape: 'a path',
    meaning: 'is the folder of the results',
    byDefault: 'test-results',
    readBy: ['byhand', 'cli', 'vitest'],
  },
  COMPAT_SEED: { shape: '0 to 2147483647', meaning: 'is the seed of the random suite', readBy: ['config'] },
  COMPAT_SHRINK: { shape: '0', meaning: 'turns off the replay of failed operations', readBy: ['config'] },
  COMPAT_STORAGE_CLASS: {
    shape: 'a name of a storage class',
    meaning: "is the storage class of the nodes' volumes in a cluster",
    readBy: ['provision'],
  },
  COMPAT_WORKLOAD: {
    shape: 'statefulset or deployment',
    meaning: 'is the kind of workload that keeps Pods in a cluster',
    readBy: ['config'],
  },
} as const satisfies Readonly<Record<string, Declared>>;

export type VariableName = keyof typeof VARIABLES;

/** The names of all variables of the harness, sorted. */
export const VARIABLE_NAMES = Object.keys(VARIABLES).sort() as readonly VariableName[];

/** The value of a variable; an empty one counts as not set. */
export function variable(env: Environment, name: VariableName): string | undefined {
  return env[name] || undefined;
}

/** The default value of a variable. */
type WithDefault = {
  [N in VariableName]: (typeof VARIABLES)[N] extends { readonly byDefault: string } ? N : never;
}[VariableName];

/** The value of a variable, or its default. */
export function variableOr(env: Environment, name: WithDefault): string {
  return variable(env, name) ?? VARIABLES[name].byDefault;
}
