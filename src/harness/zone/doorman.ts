/** The doorman's id in a space. */
export const DOORMAN = 'doorman';
/** Folder of the doorman's storage, below its working directory. */
export const DOORMAN_STORAGE = 'zone';
/** What nodes are given to trust, below the doorman's working directory; see NETWORK_TRUST_STORE for its password. */
export const DOORMAN_TRUST_STORE = `${DOORMAN_STORAGE}/network-root-truststore.jks`;

/** Where the storage keeps each certificate signing request with what became of it. */
export const DOORMAN_REQUESTS = `${DOORMAN_STORAGE}/requests`;
/** All folders of the storage that hold files. */
export const DOORMAN_FOLDERS: readonly string[] = [
  DOORMAN_STORAGE,
  ...['requests', 'node-infos', 'cordapps', 'acknowledged'].map((name) => `${DOORMAN_STORAGE}/${name}`),
];

export interface DoormanOptions {
  /** Whom it lets in: everybody, or names that whoever holds the token has approved. */
  readonly approve: 'all' | 'listed';
  /** After how many seconds nodes ask again, for a certificate that is not decided yet and for the network map. */
  readonly pollSeconds: number;
}

/** Command line of `DOORMAN_MAIN`; its token comes in the environment (`DOORMAN_TOKEN`). */
export function doormanArgs(
  listen: { readonly host: string; readonly port: number },
  { approve, pollSeconds }: DoormanOptions,
): readonly string[] {
  const { host, port } = listen;
  return [host, String(port), DOORMAN_STORAGE, '--approve', approve, '--poll', String(pollSeconds)];
}
