import { once } from 'node:events';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { pemOf } from './certificates.ts';
import { apiAddress, type ClusterPlan } from './plan.ts';

export interface Answer {
  /** 0: none at all. */
  readonly status: number;
  readonly text: string;
}

interface Identity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const LIMIT_MS = 5_000;

/** Asks the API server as its administrator. */
export async function askApi(plan: ClusterPlan, path: string): Promise<Answer> {
  const [ca, cert, key] = await Promise.all([
    pemOf(plan, 'ca', 'crt'),
    pemOf(plan, 'admin', 'crt'),
    pemOf(plan, 'admin', 'key'),
  ]);
  return await ask(`${apiAddress(plan)}${path}`, { ca, cert, key });
}

/** What a program answers that may not listen yet. */
async function ask(url: string, identity?: Identity): Promise<Answer> {
  // Programs that are asked for their health only have certificates that they make themselves.
  const options = { ...(identity ?? { rejectUnauthorized: false }), agent: false, timeout: LIMIT_MS };
  const outgoing = url.startsWith('https:') ? requestTls(url, options) : requestPlain(url, options);
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${LIMIT_MS / 1000} s`)));
  outgoing.end();
  try {
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: incoming.statusCode ?? 0, text: await text(incoming) };
  } catch (error) {
    return { status: 0, text: (error as Error).message };
  }
}

/** `undefined` when the program at this address says that it is well. */
export async function lacksHealth(url: string): Promise<string | undefined> {
  return lackOf(await ask(url), url);
}

export function lackOf({ status, text: words }: Answer, what: string): string | undefined {
  return status === 200 ? undefined : `${what}: ${status || 'no answer'} ${words.trim().slice(-300)}`;
}
