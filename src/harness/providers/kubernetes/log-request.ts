import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Cluster } from './cluster.ts';

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  /** Of the container that ran before this one in the same Pod. */
  readonly previous: boolean;
  /** Whole seconds count. */
  readonly sinceTime?: string;
  readonly tailLines?: number;
}

/**
 * Asks for a container's log, each line with its time. The library's own class does not tell when a connection breaks.
 * @throws Error with `code` for an answer that is none
 */
export async function requestLog(
  { config }: Pick<Cluster, 'config'>,
  { namespace, pod, container, follow, previous, sinceTime, tailLines }: LogRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const server = config.getCurrentCluster()?.server ?? '';
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const url = new URL(server.replace(/\/$/, '') + path);
  const query = { container, follow, previous, timestamps: true, sinceTime, tailLines };
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const options: RequestOptions = { signal };
  await config.applyToHTTPSOptions(options);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end();
  });
  if (answer.statusCode === 200) return answer;
  const body = (await buffer(answer)).toString('utf8');
  throw Object.assign(new Error(`the log of ${pod} is refused: ${body}`), { code: answer.statusCode, body });
}
