import { fail } from './find-resident.ts';
import type { Space } from './provider.ts';

/** What every provider keeps of an open space. */
export interface Destroyable {
  readonly space: Space;
  /** Set while the space is being destroyed, and after. */
  destroying?: Promise<void>;
}

/** The open spaces of a provider. */
export class OpenSpaces<S extends Destroyable> {
  readonly #open = new Map<string, S>();
  readonly #close: (open: S) => Promise<void>;

  constructor(close: (open: S) => Promise<void>) {
    this.#close = close;
  }

  get all(): Iterable<S> {
    return this.#open.values();
  }

  add(open: S): Space {
    this.#open.set(open.space.id, open);
    return open.space;
  }

  /** @throws Error for a space that is not open: a mistake of the caller */
  of({ id }: Space): S {
    return this.#open.get(id) ?? fail(`space ${id} is not open`);
  }

  has({ id }: Space): boolean {
    return this.#open.has(id);
  }

  /** Closes a space once for all who ask; one that is not open is destroyed already. A failure leaves it to the next call. */
  async destroy({ id }: Space): Promise<void> {
    const open = this.#open.get(id);
    if (!open) return;
    open.destroying ??= this.#close(open);
    try {
      await open.destroying;
      this.#open.delete(id);
    } catch (error) {
      delete open.destroying;
      throw error;
    }
  }
}
