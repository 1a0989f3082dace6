/** What a JVM said, errors first, without stacks, banners and what libraries say when they start. */
export function tellingLines(output: string): readonly string[] {
  const lines = output.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/^(at |\.\.\. \d|SLF4J|log4j|[/\\_])/.test(line));
  const errors = said.filter((line) => /\b(ERROR|FATAL)\b|Exception|^Error/.test(line));
  return [...errors, ...said.filter((line) => !errors.includes(line))].slice(0, 20);
}
