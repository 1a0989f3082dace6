import type { DatabaseServer } from './database-server.ts';

/** Something that a run created and must remove. Written to the run's ledger *before* the thing exists. */
export type Creation =
  /** A folder, removed with all below it. */
  | { readonly kind: 'folder'; readonly path: string }
  /**
   * Processes that carry `CORDA_COMPAT_SPACE=<marker>` in their environment, and their process groups.
   * The marker finds them even when the run died between starting one and writing down its pid.
   */
  | { readonly kind: 'processes'; readonly marker: string }
  /** A database and the role of the same name on a PostgreSQL server. */
  | { readonly kind: 'database'; readonly server: DatabaseServer; readonly name: string }
  /** Containers, networks and volumes of an engine that carry a label, `name=value`. */
  | { readonly kind: 'docker'; readonly engine: EngineAddress; readonly label: string }
  /** A namespace of a cluster whose label of the space has this value, and all that is in it; or all in it that has that label. */
  | {
      readonly kind: 'kubernetes';
      readonly cluster: ClusterAddress;
      readonly namespace: string;
      readonly space: string;
      /** The namespace itself is somebody else's, and stays with all that is not the space's. */
      readonly given?: true;
    };

/** Where a cluster is found, as kubectl finds it. */
export interface ClusterAddress {
  /** Value of KUBECONFIG: a file, or several; absent for the user's own, or what a Pod has. */
  readonly kubeconfig?: string;
  /** Absent for the current one. */
  readonly context?: string;
}

/** Where a Docker engine listens. */
export interface EngineAddress {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  readonly url: string;
  /** Folder of `ca.pem`, `cert.pem` and `key.pem`, where it wants TLS. */
  readonly certPath?: string;
}

/** The environment variable that marks every process the harness starts. */
export const SPACE_MARKER = 'CORDA_COMPAT_SPACE';

/** Marks processes that work for one folder, by its path: who removes the folder ends them first. */
export const WORK_MARKER = 'CORDA_COMPAT_WORK';

/** What a provider needs of the run's ledger. */
export interface Ledger {
  /** Resolves once the line is on disk; only then may the thing be created. Returns the entry's id. */
  record(creation: Creation): Promise<string>;
  /** A process of an entry, so that it can be found where environments cannot be read (not Linux). */
  addProcess(entry: string, pid: number): Promise<void>;
  /** The thing is gone: seen, not hoped. */
  undone(entry: string): Promise<void>;
}
