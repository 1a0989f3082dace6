import { createHash } from 'node:crypto';

/** The value of `key`, made at most once at a time; a failure is forgotten, so that who asks later tries again. */
export function once<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const running = known.get(key);
  if (running) return running;
  const making = make();
  known.set(key, making);
  making.catch(() => known.delete(key));
  return making;
}

/** The value, made once for all who ask; after a failure it is made again for the next one. */
export function foundOnce<T>(find: () => Promise<T>): () => Promise<T> {
  const known = new Map<'found', Promise<T>>();
  return () => once(known, 'found', find);
}

/** The same for the same parts, in hexadecimal digits: a key for what is made of them. */
export function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
