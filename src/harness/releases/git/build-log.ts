import { open, readFile, stat } from 'node:fs/promises';
import { blocked, notBuilt } from '../../domain/step-error.ts';
import { outputLines, tellingLines } from '../../support/words.ts';

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

/** Gradle's heading above the reason. */
const WENT_WRONG = '* What went wrong';
const TELLING = /(^|[\s:])(error|fatal|failed|exception)\b|: not found|No such file/i;

/** What a build said, without the commands that it was given. */
function saidByBuild(text: string): readonly string[] {
  return outputLines(text).filter((line) => !line.startsWith('$ '));
}

/** The last thing that a build said, for progress. */
export function lastOfBuild(text: string): string {
  return saidByBuild(text).at(-1)?.slice(0, 160) ?? '';
}

/**
 * The lines of a failed build that tell why, the most telling first: what Gradle says went wrong, else lines with an
 * error in them, else the last ones.
 */
export function buildWords(text: string): readonly string[] {
  const lines = saidByBuild(text);
  const wrong = lines.findLastIndex((line) => line.startsWith(WENT_WRONG));
  if (wrong < 0) return tellingLines(lines, { telling: TELLING, most: MOST_LINES });
  const rest = lines.slice(wrong + 1);
  const end = rest.findIndex((line) => line.startsWith('* '));
  return rest.slice(0, end < 0 ? MOST_LINES : end).slice(0, MOST_LINES);
}

const DISK_FULL = /No space left on device|Disk quota exceeded/;

/** A build that ended badly: how, the most telling line, and where all of it is. */
export async function buildFailure(how: string, logFile: string): Promise<Error> {
  const text = await tailOf(logFile);
  const words = buildWords(text);
  const full = saidByBuild(text).findLast((line) => DISK_FULL.test(line));
  if (full !== undefined) {
    const advice = 'Free some, or set COMPAT_CACHE to a folder on another disk.';
    return blocked('build', `${how}: the disk is full (${full.trim()}). ${advice} Its log: ${logFile}`, { words });
  }
  const first = words[0] === undefined ? 'It said nothing' : `It said: ${words[0].trim()}`;
  return notBuilt('build', `${how}. ${first}. Its log: ${logFile}`, { words });
}
