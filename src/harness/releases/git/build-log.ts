import { open, readFile, stat } from 'node:fs/promises';
import { blocked, notBuilt } from '../../domain/step-error.ts';

const TAIL_BYTES = 64_000;
const MOST_LINES = 12;

/** The end of a log, whole lines. */
export async function tailOf(file: string, bytes = TAIL_BYTES): Promise<string> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size <= bytes) return readFile(file, 'utf8').catch(() => '');
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(bytes);
    await handle.read(buffer, 0, bytes, size - bytes);
    const text = buffer.toString('utf8');
    return text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return linesOf(text).at(-1)?.slice(0, 160) ?? '';
}

/**
 * The lines of a failed build that tell why, the most telling first: what Gradle says went wrong, else lines with an
 * error in them, else the last ones.
 */
export function tellingLines(text: string): readonly string[] {
  const lines = linesOf(text);
  const wrong = lines.findLastIndex((line) => line.startsWith('* What went wrong'));
  if (wrong >= 0) {
    const rest = lines.slice(wrong + 1);
    const end = rest.findIndex((line) => line.startsWith('* '));
    return rest.slice(0, end < 0 ? MOST_LINES : end).slice(0, MOST_LINES);
  }
  const errors = lines.filter((line) =>
    /(^|[\s:])(error|fatal|failed|exception)\b|: not found|No such file/i.test(line),
  );
  return errors.length > 0 ? errors.slice(-MOST_LINES) : lines.slice(-MOST_LINES);
}

function linesOf(text: string): string[] {
  // Terminals' colours say nothing in a report.
  const plain = text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/[\r\n]+/);
  return plain.map((line) => line.trimEnd()).filter((line) => line.trim() !== '' && !line.startsWith('$ '));
}

const DISK_FULL = /No space left on device|Disk quota exceeded/;

/** A build that ended badly: how, the most telling line, and where all of it is. */
export async function buildFailure(how: string, logFile: string): Promise<Error> {
  const text = await tailOf(logFile);
  const words = tellingLines(text);
  const full = linesOf(text).findLast((line) => DISK_FULL.test(line));
  if (full !== undefined) {
    const advice = 'Free some, or set COMPAT_CACHE to a folder on another disk.';
    return blocked('build', `${how}: the disk is full (${full.trim()}). ${advice} Its log: ${logFile}`, { words });
  }
  const first = words[0] === undefined ? 'It said nothing' : `It said: ${words[0].trim()}`;
  return notBuilt('build', `${how}. ${first}. Its log: ${logFile}`, { words });
}
