/** Prints progress: a line for people when work of over two seconds starts, moves or ends. */
export interface Progress {
  /** A step of a cell (or of the run, without a cell) says what it does now. */
  say(text: string, cell?: string): void;
}

export const SILENT: Progress = { say: () => undefined };
