import { variable, type Environment } from './environment.ts';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads `team-a,team-b`; nothing where it is not set. @throws Error that says what is wrong with which name, and what to do */
export function givenNamespaces(env: Environment): readonly string[] | undefined {
  const text = variable(env, 'COMPAT_NAMESPACES');
  if (!text) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) {
    const shape = 'must be names of namespaces with commas between them: small letters, digits and dashes, at most 63';
    throw new Error(`${shape}; ${JSON.stringify(wrong)} is none`);
  }
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`must name each namespace once; ${twice} is there twice`);
  if (variable(env, 'COMPAT_NAMESPACE')) {
    throw new Error(`cannot go with COMPAT_NAMESPACE, which names namespaces that cells make: unset one of the two`);
  }
  return names;
}
