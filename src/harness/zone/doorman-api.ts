/** The doorman's own API for the harness, which holds its token: JSON over HTTP with `X-Compat-Token: <token>`. */

/** Answer of GET /admin/status. */
export interface DoormanStatus {
  /** Hash of the network parameters; null until they are set. */
  readonly parameters: string | null;
  readonly requests: readonly CertificateRequestView[];
  /** Nodes in the network map. */
  readonly nodes: readonly MappedNode[];
}

export interface CertificateRequestView {
  readonly id: string;
  readonly name: string;
  /** Corda's own word: `NODE_CA`, `SERVICE_IDENTITY`. */
  readonly role: string;
  readonly state: 'pending' | 'approved' | 'refused';
  readonly reason: string | null;
  /** As the node says it. */
  readonly platformVersion: string;
  readonly clientVersion: string;
}

export interface MappedNode {
  readonly name: string;
  readonly hash: string;
  readonly platformVersion: number;
  readonly serial: number;
  readonly addresses: readonly string[];
}

/** POST /admin/approvals: names that it certifies, now and later. Answers the requests that waited for it. */
export interface ApprovalsRequest {
  readonly names: readonly string[];
}
export interface Approvals {
  readonly decided: readonly CertificateRequestView[];
}

/** POST /admin/refusals. Answers CertificateRequestView. */
export interface RefusalRequest {
  readonly id: string;
  readonly reason: string;
}

/** POST /admin/cordapps: the bytes of a CorDapp, before the parameters are set. */
export interface AddedCordapp {
  readonly sha256: string;
}

/** POST /admin/parameters: once; the same parameters again change nothing. */
export interface ParametersRequest {
  readonly minimumPlatformVersion: number;
  readonly notaries: readonly {
    /** The notary's signed node info, Base64. */
    readonly nodeInfo: string;
    readonly validating: boolean;
  }[];
}
export interface SetParameters {
  readonly parameters: string;
}
