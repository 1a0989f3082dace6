/** Where progress goes: a line for people whenever something over two seconds starts, moves or ends. */
export interface Progress {
  /** A step of a cell (or of the run, without a cell) says what it does now. */
  say(text: string, cell?: string): void;
}

export const SILENT: Progress = { say: () => undefined };
