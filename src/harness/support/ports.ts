import { once } from 'node:events';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { linuxPids } from './processes.ts';
import { execa } from 'execa';

/** The only interface that anything of ours listens on. */
export const LOOPBACK = '127.0.0.1';

export interface PortRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** A port that this process holds until it is released or the process dies. */
export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/** Reads `21000-21099`. @throws Error that says what is expected */
export function parsePortRange(text: string): PortRange {
  const [, first, last] = /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (!(range.first >= 1024 && range.last <= 65_535 && range.first <= range.last)) {
    throw new Error(`${JSON.stringify(text)} is not a range of ports. Write one like 21000-21099, within 1024-65535.`);
  }
  return range;
}

/** Takes a port of the loopback; `undefined` if another process has it. */
export async function holdPort(port: number): Promise<HeldPort | undefined> {
  const server = createServer((socket) => socket.destroy());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(true);
      else reject(error);
    });
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => resolve(false));
  });
  if (taken) return undefined;
  // Holding a port is no reason for the process to stay.
  server.unref();
  return { port, release: () => new Promise((resolve) => void server.close(() => resolve())) };
}

/** Lets a server listen on a port of the loopback that is free. @returns where */
export async function listenOnLoopback(server: Server): Promise<{ readonly host: string; readonly port: number }> {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { host: LOOPBACK, port };
}

/** Whether a port of the loopback is free now. */
export async function isPortFree(port: number): Promise<boolean> {
  const held = await holdPort(port);
  await held?.release();
  return held !== undefined;
}

/** The process that listens on a port; `undefined` if that cannot be told (another user's, or no such tools). */
export async function holderOfPort(port: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return await holderByLsof(port);
  const inodes = await listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of await linuxPids()) if (await holdsSocket(pid, inodes)) return pid;
  return undefined;
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const files = ['/proc/net/tcp', '/proc/net/tcp6'];
  const tables = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  const LISTEN = '0A';
  return new Set(
    rows.flatMap((row) => (row[3] === LISTEN && row[1]?.endsWith(suffix) && row[9] ? [`socket:[${row[9]}]`] : [])),
  );
}

async function holdsSocket(pid: number, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`${folder}/${link}`).catch(() => '')));
  return targets.some((target) => sockets.has(target));
}

async function holderByLsof(port: number): Promise<number | undefined> {
  const args = ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'];
  const { stdout = '' } = await execa('lsof', args, { reject: false });
  const pid = Number(stdout.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}
