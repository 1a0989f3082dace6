import type { Step } from './outcome.ts';

/** Folders made once and kept, found again by what they were made from. Safe for two runs at once. */
export interface ContentCache {
  /**
   * The folder of an entry. `make` fills an empty folder where there is none yet; if it throws, nothing is kept.
   * `kind` is a word for people (`tools`, `schema`), `key` a digest of everything the content depends on; `step` is the step
   * of a cell that wants it, for errors.
   */
  entry(
    id: { readonly kind: string; readonly key: string; readonly step?: Step },
    make: (folder: string) => Promise<void>,
  ): Promise<string>;
}
