/** One try of a replay. */
export interface ReplayTry {
  readonly operations: number;
  /** `unknown` where its network did not come up, or did not last. */
  readonly result: 'failed' | 'fine' | 'unknown';
  /** Folder of its evidence, from the folder of the reports. */
  readonly evidence: string;
}

/** The result of a replay. */
export interface ReplayReport {
  /** `gone`: a replay of all operations had no failure. `unknown`: no replay of all operations came to its end. */
  readonly result: 'came-back' | 'gone' | 'unknown';
  /** Lines for people; the first says it all. */
  readonly story: readonly string[];
  /** Operations of the run. */
  readonly operations: number;
  /** The fewest with which it still failed. */
  readonly enough?: number;
  /** Number of networks that carried out those operations, the run's own included … */
  readonly looked: number;
  /** … and number of those on which they failed. */
  readonly seen: number;
  readonly tries: readonly ReplayTry[];
  /** Folder of the evidence of the fewest, from the folder of the reports. */
  readonly evidence?: string;
  /** The reason why fewer operations were not tried, if fewer may be enough. */
  readonly stopped?: string;
  /** Failed tests without an operation: the replay says nothing about them. */
  readonly unexplained: readonly string[];
  readonly tookMs: number;
}
