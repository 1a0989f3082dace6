import type { DatabaseAccess } from './node-database.ts';

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
   * `rpc`: the node could not be reached. `request`: the request is wrong.
   */
  readonly kind: 'flow' | 'no-answer' | 'rpc' | 'request';
  readonly message: string;
  /** Exception chain, outermost first: `class: message`. */
  readonly chain: readonly string[];
}
// GET /metrics answers Prometheus text; GET /nodes NodeView[]; GET /ready 200.
