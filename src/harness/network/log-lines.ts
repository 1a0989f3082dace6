import type { LogLine } from '../domain/lease.ts';

const HEAD = /^\[(TRACE|DEBUG|INFO|WARN|ERROR|FATAL) *\]\s*(.*)$/;
const TELLING = new Set<string>(['WARN', 'ERROR', 'FATAL']);
/** Lines of a stack trace that carry no words of their own. */
const FRAME = /^\s+at |^\s*\.\.\. \d+ more|^\s*$/;
/** Continuation lines kept of an entry: an exception's message and its causes. */
const CONTINUATIONS = 4;

/** WARN, ERROR and FATAL entries of a Corda log (`[ERROR] …`), each with what its exceptions say, without stack frames. */
export function tellingEntries(node: string, text: string): readonly LogLine[] {
  const entries: { node: string; level: LogLine['level']; lines: string[] }[] = [];
  let inTelling = false;
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    if (head) {
      inTelling = TELLING.has(head[1] ?? '');
      if (inTelling) entries.push({ node, level: head[1] as LogLine['level'], lines: [head[2] ?? ''] });
    } else if (inTelling && !FRAME.test(line)) {
      const last = entries.at(-1);
      if (last && last.lines.length <= CONTINUATIONS) last.lines.push(line.trim());
    }
  }
  return entries.map(({ lines, ...entry }) => ({ ...entry, text: lines.join('\n  ') }));
}
