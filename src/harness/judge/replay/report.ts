/** One history that was carried out again. */
export interface ReplayTry {
  readonly operations: number;
  /** `unknown` where its network did not come up, or did not last. */
  readonly result: 'failed' | 'fine' | 'unknown';
  /** Folder of its evidence, from the folder of the reports. */
  readonly evidence: string;
}

/** What became of a cell's failure when its operations were carried out again. */
export interface ReplayReport {
  /** `gone` where all of them were carried out again and nothing failed; `unknown` where it never came to that. */
  readonly result: 'came-back' | 'gone' | 'unknown';
  /** Lines for people; the first says it all. */
  readonly story: readonly string[];
  /** Operations of the run. */
  readonly operations: number;
  /** The fewest with which it still failed. */
  readonly enough?: number;
  /** Of so many networks on which those operations were carried out, the run's own included … */
  readonly looked: number;
  /** … it failed on so many. */
  readonly seen: number;
  readonly tries: readonly ReplayTry[];
  /** Folder of the evidence of the fewest, from the folder of the reports. */
  readonly evidence?: string;
  /** Why fewer operations were not tried, where they might do. */
  readonly stopped?: string;
  /** Failed tests that asked for no operation: what was carried out again says nothing of them. */
  readonly unexplained: readonly string[];
  readonly tookMs: number;
}
