/** The environment variable that names the namespaces of a cluster that cells live in, where they make none. */
export const GIVEN_VARIABLE = 'COMPAT_NAMESPACES';

/** The one that says how namespaces are called that cells make. */
export const PREFIX_VARIABLE = 'COMPAT_NAMESPACE';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads `team-a,team-b`; nothing where it is not set. @throws Error that says what is wrong with which name, and what to do */
export function givenNamespaces(env: Readonly<Record<string, string | undefined>>): readonly string[] | undefined {
  const { [GIVEN_VARIABLE]: text, [PREFIX_VARIABLE]: prefix } = env;
  if (!text) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) {
    const shape = 'must be names of namespaces with commas between them: small letters, digits and dashes, at most 63';
    throw new Error(`${shape}; ${JSON.stringify(wrong)} is none`);
  }
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`must name each namespace once; ${twice} is there twice`);
  if (prefix) {
    throw new Error(`cannot go with ${PREFIX_VARIABLE}, which names namespaces that cells make: unset one of the two`);
  }
  return names;
}
