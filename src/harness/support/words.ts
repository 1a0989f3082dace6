/** Errors, times and the output of programs as text for people. */

/** The message of an error, or the text of any other value that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `1.5 s`. @param digits after the point; as many as there are when left out */
export function seconds(ms: number, digits?: number): string {
  return `${digits === undefined ? ms / 1000 : (ms / 1000).toFixed(digits)} s`;
}

/** The lines of a program's output that say something, without a terminal's colours. */
export function outputLines(output: string): readonly string[] {
  const lines = output.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/[\r\n]+/);
  return lines.map((line) => line.trimEnd()).filter((line) => line.trim() !== '');
}

/** The last line that says something; empty if there is none. */
export function lastLine(output: string): string {
  return outputLines(output).at(-1) ?? '';
}

export interface Telling {
  /** The lines that a program writes when it fails. */
  readonly telling: RegExp;
  readonly most: number;
}

/** The last lines in which a program says that something is wrong, or else its last lines. Newest last. */
export function tellingLines(lines: readonly string[], { telling, most }: Telling): readonly string[] {
  const found = lines.filter((line) => telling.test(line));
  return (found.length > 0 ? found : lines).slice(-most);
}

/** The output of a JVM, errors first, without stacks, banners and start-up lines of libraries. */
export function jvmWords(output: string): readonly string[] {
  const lines = outputLines(output).map((line) => line.trim());
  const said = lines.filter((line) => !/^(at |\.\.\. \d|SLF4J|log4j|[/\\_])/.test(line));
  const errors = said.filter((line) => /\b(ERROR|FATAL)\b|Exception|^Error/.test(line));
  return [...errors, ...said.filter((line) => !errors.includes(line))].slice(0, 20);
}
