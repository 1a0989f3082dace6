import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { NODE_ACTIONS } from '../lease/lease.ts';
import type { Hub } from './hub.ts';
import { messageOf } from '../support/words.ts';

const count = z.number().nonnegative();
const tradeProgress = z.object({
  done: count,
  total: count.exactOptional(),
  failed: count,
  inFlight: count,
  tookMs: count,
});

/** A request's body. Texts are as long as their writers like, which a URL is not. */
const askedSchema = z.object({
  cell: z.string(),
  node: z.string().optional(),
  action: z.string().optional(),
  why: z.string().optional(),
  text: z.string().optional(),
  since: z.string().optional(),
  progress: z.unknown().optional(),
});

/** Linux takes 107 bytes, macOS 103. */
const LONGEST_PATH = 103;

/**
 * A free path for a hub's socket, in a folder of its own that `openLeaseServer` makes. A temporary folder too deep for a
 * socket's address is left for `/tmp`.
 */
export function leaseSocketPath(folder: string = tmpdir()): string {
  const path = join(folder, `cc-${randomBytes(6).toString('hex')}`, 'hub');
  return Buffer.byteLength(path) <= LONGEST_PATH || folder === '/tmp' ? path : leaseSocketPath('/tmp');
}

export interface LeaseServer {
  /** Ends all connections and removes the socket with its folder. */
  close(): Promise<void>;
}

/** Answers workers on a Unix socket that only this user can reach. The protocol's other side is lease-client.ts. */
export async function openLeaseServer(hub: Hub, socket: string): Promise<LeaseServer> {
  const folder = dirname(socket);
  await mkdir(folder, { mode: 0o700 });
  const turns = createTurns();
  const server = createServer((request, response) => {
    // A worker may leave in the middle of an answer.
    response.on('error', () => undefined);
    answer(hub, turns, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else reply(response, 500, { error: messageOf(error) });
    });
  });
  // A lease takes as long as provisioning takes.
  server.requestTimeout = 0;
  server.timeout = 0;
  try {
    await listen(server, socket);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server, socket: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

async function answer(
  hub: Hub,
  turns: ReturnType<typeof createTurns>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { cell, node, ...asked } = askedSchema.parse(await json(request));
  switch (`${request.method} ${request.url}`) {
    case 'POST /lease':
      return reply(response, 200, await hub.lease(cell));
    case 'POST /action': {
      const action = NODE_ACTIONS.find((each) => each === asked.action);
      if (!action) return reply(response, 400, { error: `action: must be one of ${NODE_ACTIONS.join(', ')}` });
      return reply(response, 200, await hub.act(cell, node ?? '', action));
    }
    case 'POST /block':
      hub.block(cell, asked.why ?? '');
      return reply(response, 200, {});
    case 'POST /say':
      hub.say(cell, asked.text ?? '');
      return reply(response, 200, {});
    case 'POST /traded':
      hub.traded(cell, tradeProgress.parse(asked.progress));
      return reply(response, 200, {});
    case 'POST /turn':
      return takeTurn(turns, cell, response);
    case 'POST /mark':
      return reply(response, 200, { mark: await hub.mark(cell) });
    case 'POST /logs': {
      const lines = await hub.logs(cell, asked.since);
      return reply(response, 200, node === undefined ? lines : lines.filter((line) => line.node === node));
    }
    default:
      return reply(response, 404, { error: `no ${request.method} ${request.url} here` });
  }
}

/** The answer's head says that it is this file's turn; the turn lasts as long as the connection. */
function takeTurn(turns: ReturnType<typeof createTurns>, cell: string, response: ServerResponse): void {
  const leave = turns.enter(cell, () => response.flushHeaders());
  response.on('close', leave);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Queues, one per cell: the worker at the head has the turn. */
export interface Turns {
  /** Calls `begin` when the turn has come (maybe at once); returns how to leave, before the turn or after. Idempotent. */
  enter(cell: string, begin: () => void): () => void;
}

export function createTurns(): Turns {
  const queues = new Map<string, symbol[]>();
  const begins = new Map<symbol, () => void>();

  return {
    enter: (cell, begin) => {
      const ticket = Symbol(cell);
      const queue = queues.get(cell) ?? [];
      queues.set(cell, queue);
      queue.push(ticket);
      begins.set(ticket, begin);
      if (queue[0] === ticket) begin();
      return () => {
        const place = queue.indexOf(ticket);
        if (place < 0) return;
        queue.splice(place, 1);
        begins.delete(ticket);
        const next = queue[0];
        if (place === 0 && next) begins.get(next)?.();
      };
    },
  };
}
