/** A configuration that anybody of the namespace may read, and what it leaves to the environment of the node's program. */
export interface OpenConf {
  readonly text: string;
  /** Passwords by the names of variables. */
  readonly env: Readonly<Record<string, string>>;
}

const PREFIX = 'NODE_CONF';
const MARK = /"\$\{([A-Z0-9_]+)\}"/g;

/**
 * node.conf without its passwords. All releases resolve HOCON's `${NAME}` from their environment (ConfigHelper.kt calls
 * `resolve()`); Corda's own overrides begin with CORDA, so these do not.
 * @param text JSON, as `nodeConf` writes it
 */
export function openConf(text: string): OpenConf {
  const env: Record<string, string> = {};
  const withheld = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((each, at) => withheld(each, [...path, String(at)]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withheld(each, [...path, key])]));
    }
    if (typeof value !== 'string' || !/password$/i.test(path.at(-1) ?? '')) return value;
    const name = [PREFIX, ...path].join('_').toUpperCase();
    env[name] = value;
    return `\${${name}}`;
  };
  const open = JSON.stringify(withheld(JSON.parse(text), []), undefined, 2);
  // In quotes HOCON would take it for text.
  const unquoted = open.replaceAll(MARK, (all, name: string) => (name in env ? `\${${name}}` : all));
  return { text: `${unquoted}\n`, env };
}
