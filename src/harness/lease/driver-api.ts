import type { DatabaseAccess } from '../corda/database.ts';

/**
 * The driver's HTTP/JSON protocol. Every request is POST with a JSON body but the GETs noted; every one carries
 * `X-Compat-Token: <token>`. Amounts are in the currency's smallest unit. Times are milliseconds.
 * An error answers status 4xx/5xx with a `DriverError` body.
 */

/** POST /connect: nodes join those the driver knows; answers when each has answered one RPC call, or by `limitMs`. */
export interface ConnectRequest {
  readonly nodes: readonly {
    readonly id: string;
    readonly party: string;
    /** `host:port` */
    readonly rpc: string;
    readonly user: string;
    readonly password: string;
    /** The node's own database, for what RPC does not tell (the notary's commit log). */
    readonly database: DatabaseAccess;
    /** URL of the Jolokia agent in its JVM, which takes the same user; absent where its release has none. */
    readonly jolokia?: string;
  }[];
  readonly limitMs: number;
}
/** Answer of POST /connect, and of GET /nodes. */
export interface NodeView {
  readonly id: string;
  readonly party: string;
  readonly platformVersion: number;
  readonly addresses: readonly string[];
}

/** POST /flow/issue: CashIssueFlow at `node`. */
export interface IssueRequest {
  readonly node: string;
  readonly amount: number;
  readonly currency: string;
  /** The notary's party name. */
  readonly notary: string;
  readonly limitMs: number;
}
/** POST /flow/pay: CashPaymentFlow from `node` to the party `to`. */
export interface PayRequest {
  readonly node: string;
  readonly to: string;
  /** To a new key of the payee's instead of its well-known one; default false. */
  readonly anonymous?: boolean;
  /** Party name of the notary whose coins are taken; where it is left out, 4.x takes those of the network's first one. */
  readonly notary?: string;
  readonly amount: number;
  readonly currency: string;
  readonly limitMs: number;
}
/** POST /flow/exit: CashExitFlow at `node`, of cash it issued itself. */
export interface ExitRequest {
  readonly node: string;
  readonly amount: number;
  readonly currency: string;
  readonly limitMs: number;
}
/** POST /flow/change-notary: NotaryChangeFlow at `node`, of one unspent state of its vault. */
export interface ChangeNotaryRequest {
  readonly node: string;
  readonly transaction: string;
  readonly index: number;
  /** The new notary's party name. */
  readonly notary: string;
  readonly limitMs: number;
}
/** Answer of flows that make one transaction. */
export interface FlowResult {
  readonly transaction: string;
  readonly tookMs: number;
}

/** POST /flow/notarise: issues and consumes a null state of the healthcheck CorDapp. Answers FlowResult. */
export interface NotariseRequest {
  readonly node: string;
  readonly notary: string;
  readonly limitMs: number;
}
/** POST /flow/double-spend: consumes one null state twice; the second must be refused. Same request as notarise. */
export interface DoubleSpendResult {
  readonly first: string;
  /** The notary's refusal in its own words; null when the second spend went through (a broken notary). */
  readonly refusal: string | null;
  readonly tookMs: number;
}

/** POST /flow/share: makes a null state that `node` and the party `with` have a part in. Answers FlowResult: output 0. */
export interface ShareRequest {
  readonly node: string;
  readonly with: string;
  readonly notary: string;
  readonly limitMs: number;
}
/**
 * POST /flow/authorise-upgrade: ContractUpgradeFlow.Authorise at `node`, of one null state of its vault.
 * POST /flow/upgrade: ContractUpgradeFlow.Initiate at `node`. Answers FlowResult: output 0 is the state with its new contract.
 */
export interface UpgradeRequest {
  readonly node: string;
  readonly transaction: string;
  readonly index: number;
  readonly limitMs: number;
}

export interface DriverError {
  /**
   * `flow`: the flow ended with an exception. `no-answer`: the limit passed, the flow may still end.
   * `rpc`: the node could not be reached. `request`: the request is wrong. `driver`: the driver itself failed.
   */
  readonly kind: 'flow' | 'no-answer' | 'rpc' | 'request' | 'driver';
  readonly message: string;
  /** Exception chain, outermost first: `class: message`. */
  readonly chain: readonly string[];
}
// GET /metrics answers Prometheus text; GET /nodes NodeView[]; GET /ready 200.

// The part of the driver's protocol (driver-api.ts) that only looks.

/** Body of every call that only looks; `limitMs` is 30 s where it is left out. */
export interface NodeRequest {
  readonly node: string;
  readonly limitMs?: number;
}

/** POST /vault {node}: every unconsumed cash state that the node's vault holds. */
export interface VaultView {
  readonly node: string;
  readonly states: readonly CashState[];
}
export interface CashState {
  readonly transaction: string;
  readonly index: number;
  readonly amount: number;
  readonly currency: string;
  /** Party names; `anonymous …` where the node knows no party of an owner's key. */
  readonly issuer: string;
  readonly owner: string;
  /** The owner is a key without a name, whose party its node knows; absent where it is the party's own. */
  readonly anonymous?: boolean;
  readonly constraint?: Constraint;
  /** Party name of the notary where it must be spent. */
  readonly notary?: string;
}
/** The constraint that a state puts on the CorDapp that verifies it. */
export type Constraint = 'always-accept' | 'hash' | 'whitelisted' | 'signature';

/** POST /null-states {node}: every unconsumed null state that the node's vault holds. */
export interface NullStatesView {
  readonly node: string;
  readonly states: readonly NullState[];
}
export interface NullState {
  readonly transaction: string;
  readonly index: number;
  /** Class name. */
  readonly contract: string;
}

/** POST /vault-rows {node}: every cash state of the same vault as its database has it, spent ones too. */
export interface VaultRowsView {
  readonly node: string;
  readonly rows: readonly VaultRow[];
}
export interface VaultRow {
  readonly transaction: string;
  readonly index: number;
  readonly amount: number;
  readonly currency: string;
  readonly spent: boolean;
  /** The transaction that spent it; releases before 4.11 do not store it. */
  readonly consumedBy?: string;
  /** Id of the flow that keeps an unspent state for itself. */
  readonly lock?: string;
  /** Releases before 4.0 do not store it. */
  readonly constraint?: Constraint;
  /** Party name of its notary. */
  readonly notary?: string;
}

/** POST /transactions {node}: ids of the verified transactions the node knows. POST /flows {node}: flows in flight. */
export interface TransactionsView {
  readonly node: string;
  readonly transactions: readonly string[];
  /** Ids of those that the node has stored but not verified; releases before 4.5 store no such. */
  readonly unverified?: readonly string[];
}
export interface FlowInFlight {
  readonly id: string;
  readonly flow: string;
}
export interface FlowsView {
  readonly node: string;
  readonly flows: readonly FlowInFlight[];
  /** Rows of node_checkpoints: flows that ended in hospital or never ended, even if RPC no longer lists them. */
  readonly checkpoints: number;
}

/** POST /network-map {node}: party names of the nodes in the node's map. POST /notaries {node}: party names of notaries. */
export interface PartiesView {
  readonly node: string;
  readonly parties: readonly string[];
}

/** POST /notary-log {node}: the notary's commit log, read from its database. */
export interface NotaryLogView {
  readonly node: string;
  readonly commits: readonly { readonly transaction: string; readonly index: number; readonly consumedBy: string }[];
}

/** POST /health {node} */
export interface HealthView {
  readonly node: string;
  readonly answeredMs: number;
  readonly platformVersion: number;
  readonly networkMapSize: number;
  readonly notaries: readonly string[];
  /** How far its clock is ahead of the driver's; less than 0 where it is behind. Good to half of an RPC's round trip. */
  readonly clockOffsetMs: number;
  /** Figures of its JVM; absent if its release has no agent. */
  readonly jvm?: JvmView;
}
/** POST /cordapps {node} */
export interface LoadedCordappsView {
  readonly node: string;
  /** Absent where the node or the driver is of a release before 4.3, which has no such call. */
  readonly cordapps?: readonly { readonly name: string; readonly sha256: string }[];
}
/** By JMX. */
export interface JvmView {
  readonly heapUsedBytes: number;
  readonly heapMaxBytes: number;
  /** Bytes in use after the last collection of each generation; none of the old one before its first collection. */
  readonly heapLiveBytes: number;
  readonly uptimeMs: number;
  readonly threads: number;
  /** Garbage collections since it started, and how long they took. */
  readonly collections: number;
  readonly collectionsMs: number;
  /** Connections to the node's database; absent where the release does not count them. */
  readonly pool?: PoolView;
  /** Count of all flows since its start; absent if the release does not count them. */
  readonly flows?: { readonly inFlight: number; readonly started: number; readonly finished: number };
}
export interface PoolView {
  /** Connections in use. */
  readonly active: number;
  readonly total: number;
  /** Releases before 4.3 do not say. */
  readonly max?: number;
  /** Threads that wait for one. */
  readonly waiting: number;
}
