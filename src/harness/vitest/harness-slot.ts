import type { Session } from './session.ts';

/** Vitest loads config, global set-up and reporter as separate module instances; only the process is shared. */
const SLOT = Symbol.for('corda-compat.session');

type Holder = typeof globalThis & { [SLOT]?: Session };

export function setSession(session: Session): void {
  (globalThis as Holder)[SLOT] = session;
}

/** @throws Error where no plugin has made a session */
export function currentSession(): Session {
  const session = (globalThis as Holder)[SLOT];
  if (!session) throw new Error('no session: is cordaCompat() among the plugins of vitest.config.ts?');
  return session;
}
