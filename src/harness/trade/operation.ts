/** One operation of the journal: written when it is invoked and again when its end is known. */
export interface Operation {
  /** Unique within the cell. */
  readonly id: string;
  readonly kind: 'issue' | 'pay' | 'exit' | 'change-notary';
  /** Node ids. `to` is `from` but for payments. */
  readonly from: string;
  readonly to: string;
  /** Release ids of both, so that a journal can be read alone. */
  readonly fromRelease: string;
  readonly toRelease: string;
  /** A payment to a key of the payee that only payer and payee know. */
  readonly anonymous?: boolean;
  /** Node id of the notary that the money must have afterwards; absent if the operation names none. */
  readonly notary?: string;
  /** Limit in milliseconds, if it is not a flow's limit. */
  readonly limitMs?: number;
  /** In the currency's smallest unit. */
  readonly amount: number;
  readonly currency: string;
  /** The suite and test that asked for it. */
  readonly by: string;
}

export type OperationEnd =
  | { readonly result: 'ok'; readonly transaction: string }
  /** The flow ended with an exception; money may have moved all the same. */
  | { readonly result: 'failed'; readonly error: string }
  /** No answer within the limit, or the connection was lost: it may have happened or may still happen. */
  | { readonly result: 'unknown'; readonly error: string };

/** A null state that a notary has notarised for a peer. Node ids and their releases. */
export interface Notarisation {
  readonly from: string;
  readonly fromRelease: string;
  readonly notary: string;
  readonly notaryRelease: string;
  readonly tookMs: number;
}

export type JournalLine =
  | { readonly event: 'invoked'; readonly at: string; readonly operation: Operation }
  | { readonly event: 'ended'; readonly at: string; readonly id: string; readonly end: OperationEnd }
  /** A notary refused a double spend, as it should. */
  | { readonly event: 'refused'; readonly at: string; readonly notary: string }
  /** A suite killed a node's process. */
  | { readonly event: 'killed'; readonly at: string; readonly node: string }
  | { readonly event: 'notarised'; readonly at: string; readonly notarisation: Notarisation }
  /** The writer of the line before this one was killed while it wrote: that line may be cut. */
  | { readonly event: 'torn'; readonly at: string };
