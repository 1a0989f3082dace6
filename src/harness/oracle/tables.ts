/** What belongs together, by key, in the order it came. */
export function group<T, K, V>(items: Iterable<T>, entry: (item: T) => readonly [K, V]): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const members = groups.get(key);
    if (members) members.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Sets that grow together: whatever was ever united has the same root. */
export class Unions<T> {
  readonly #parents = new Map<T, T>();

  unite(one: T, other: T): void {
    this.#parents.set(this.rootOf(one), this.rootOf(other));
  }

  rootOf(item: T): T {
    let root = item;
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root;) {
      root = parent;
      parent = this.#parents.get(root);
    }
    // Every way leads straight to it from now on.
    for (let at = item; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}
