import { type Step, blocked, incompatible, type StepError } from '../support/step-error.ts';
import { outputLines, tellingLines } from '../support/words.ts';

/** The last log lines of a node that did not start, and their meaning for the cell. */
interface StartWords {
  readonly pattern: RegExp;
  readonly means: 'incompatible' | 'blocked';
  readonly why: string;
  /** The node may go on for minutes after this line, without ever being up. */
  readonly hopeless?: true;
}

/** First match wins: the more telling ones stand first. */
const START_WORDS: readonly StartWords[] = [
  {
    pattern: /platform version is lower than network's required minimumPlatformVersion/,
    means: 'incompatible',
    why: "its platform version is below the network's minimumPlatformVersion",
  },
  {
    pattern: /CorDapp requires minimumPlatformVersion|as it requires minimum/,
    means: 'incompatible',
    why: 'a CorDapp asks for a newer platform version',
  },
  {
    pattern: /Address already in use|BindException|Failed to bind/i,
    means: 'blocked',
    why: 'a port it needs is taken by another process',
  },
  {
    pattern: /OutOfMemoryError|Could not reserve enough space|Cannot allocate memory/i,
    means: 'blocked',
    why: 'it ran out of memory: raise -Xmx by the release’s jvmArgs or free memory',
  },
  {
    pattern: /UnsupportedClassVersionError|You are using a version of Java that is not supported/,
    hopeless: true,
    means: 'blocked',
    why: 'it was started with a Java it does not support: see `java` of the release in matrix.json, and npx corda-compat doctor',
  },
  {
    pattern: /Certificate signing request has been rejected/,
    means: 'blocked',
    why: 'the doorman refused to certify it',
  },
  {
    pattern: /does not chain with any of the trust anchors/,
    means: 'blocked',
    why: 'its certificate does not come from the root that it trusts',
  },
  { pattern: /No space left on device/i, means: 'blocked', why: 'the disk is full' },
  {
    pattern: /outstanding database changes|Incompatible database schema/i,
    means: 'blocked',
    why: 'its database schema does not fit: remove `entries/schema` from the cache folder (npx corda-compat doctor names it) and run again',
  },
];

/** Words by which a node that runs blames its machine, or the heap that the harness gave it. */
const OF_MACHINE = /OutOfMemoryError|No space left on device/i;

/** Whether a node's words are about its machine, so that they say nothing about a release. */
export function isOfMachine(words: string): boolean {
  return OF_MACHINE.test(words);
}

/** The line that Corda writes above an exception; the line below it says more. */
const HEADING = /Exception during node startup\s*$/;

/** Whether a node that still runs has logged that it will never be up. */
export function isHopeless(said: string): boolean {
  return START_WORDS.some(({ hopeless, pattern }) => hopeless && pattern.test(said));
}

const TELLING = /\b(ERROR|FATAL)\b|Exception|^Error|^Could not|Shutting down|platform version is lower/i;

/** Lines of a node's console or log that a user should read first; newest last. */
export function tellingWords(text: string, most = 6): readonly string[] {
  const lines = outputLines(text).map((line) => line.trim());
  return tellingLines(lines, { telling: TELLING, most });
}

export interface StartFailure {
  readonly step: Step;
  /** `party-b (4.10)` */
  readonly subject: string;
  /** The event: `exited with status 1 while starting`. */
  readonly happened: string;
  /** The network's releases, for a verdict that names both. */
  readonly pair: string;
  /** All output of the node. */
  readonly said: string;
  readonly log: string;
}

/**
 * Turns a node's failed start into the cell's end. Only log lines that blame the releases themselves make it
 * `incompatible`. All others leave it `blocked`, so that a broken machine is never reported as a broken pair.
 */
export function startError({ step, subject, happened, pair, said, log }: StartFailure): StepError {
  const found = START_WORDS.map((words) => ({ words, line: lineWith(said, words.pattern) })).find(({ line }) => line);
  const telling = tellingWords(said);
  const first = found?.line ?? telling.find((line) => !HEADING.test(line)) ?? telling[0];
  const lines = first === undefined ? [] : [first, ...telling.filter((line) => line !== first)];
  const why = found ? `: ${found.words.why}` : '';
  const message = `${pair}: ${subject} ${happened}${why}; its own words: “${first ?? '(nothing)'}”; log: ${log}`;
  return (found?.words.means === 'incompatible' ? incompatible : blocked)(step, message, { words: lines });
}

function lineWith(text: string, pattern: RegExp): string | undefined {
  return text
    .split('\n')
    .find((line) => pattern.test(line))
    ?.trim();
}

const HEAD = /^\[(TRACE|DEBUG|INFO|WARN|ERROR|FATAL) *\]\s*(.*)$/;
const TELLING_LEVELS = new Set<string>(['WARN', 'ERROR', 'FATAL']);
/** Lines of a stack trace without a message. */
const FRAME = /^\s+at |^\s*\.\.\. \d+ more|^\s*$/;
/** Continuation lines kept of an entry: an exception's message and its causes. */
const CONTINUATIONS = 4;

/**
 * WARN, ERROR and FATAL entries of a Corda log (`[ERROR] …`), each with the messages of its exceptions, without stack
 * frames.
 */
export function tellingEntries(node: string, text: string): readonly LogLine[] {
  const entries: { node: string; level: LogLine['level']; lines: string[] }[] = [];
  let inTelling = false;
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    if (head) {
      inTelling = TELLING_LEVELS.has(head[1] ?? '');
      if (inTelling) entries.push({ node, level: head[1] as LogLine['level'], lines: [head[2] ?? ''] });
    } else if (inTelling && !FRAME.test(line)) {
      const last = entries.at(-1);
      if (last && last.lines.length <= CONTINUATIONS) last.lines.push(line.trim());
    }
  }
  return entries.map(({ lines, ...entry }) => ({ ...entry, text: lines.join('\n  ') }));
}

/** The CorDapps that a node has loaded, as it logs them before it is up; undefined before. */
export function loadedLine(said: string): string | undefined {
  return /Loaded (?:\d+ CorDapp\(s\)|CorDapps) *: (.*)/.exec(said)?.[1];
}

/** A line of a node's own log. */
export interface LogLine {
  readonly node: string;
  readonly level: 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  readonly text: string;
}
