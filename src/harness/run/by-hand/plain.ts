import { dump } from 'js-yaml';

/** An object as the API server reads it: the library's own types have other names for some keys. */
export interface PlainObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

export interface PlainFile {
  /** With slashes, below the folder of the configuration. */
  readonly path: string;
  readonly object: PlainObject;
}

/** Texts by their path below the folder of the configuration. */
export type RenderedFiles = ReadonlyMap<string, string>;

/** As YAML, lines as they are. */
export function yamlText(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
