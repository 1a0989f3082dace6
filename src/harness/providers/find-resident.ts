import type { Space } from './provider.ts';

/** What a provider that runs images knows of a space: its residents by their ids. */
interface Residents<R> {
  readonly space: Space;
  readonly residents: ReadonlyMap<string, R>;
}

export function nodeOf<R>({ space, residents }: Residents<R>, node: string): R {
  const known = [...space.places.keys()].join(', ');
  const resident = space.places.has(node) ? residents.get(node) : undefined;
  return resident ?? fail(`space ${space.id} has no node ${node}; it has ${known}`);
}

export function serviceOf<R>({ space, residents }: Residents<R>, service: string): R {
  const known = [...space.services.keys()].join(', ') || 'none';
  const resident = space.services.has(service) ? residents.get(service) : undefined;
  return resident ?? fail(`space ${space.id} has no service ${service}; it has ${known}`);
}

/** A node or a service. */
export function anyOf<R>(open: Residents<R>, id: string): R {
  return open.space.services.has(id) ? serviceOf(open, id) : nodeOf(open, id);
}

/** For mistakes of the caller. */
export function fail(message: string): never {
  throw new Error(`${message}: this is a bug in the harness`);
}
