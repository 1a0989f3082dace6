import { blocked } from '../domain/step-error.ts';

/** Where images are published. */
export interface Registry {
  /** `host[:port]`, as Docker knows it. */
  readonly host: string;
  /** `host[:port][/path]`, before the names of repositories. */
  readonly prefix: string;
}

/**
 * Reads `registry.example:5000/team`.
 * @throws StepError blocked that says what is expected
 */
export function parseRegistry(text: string): Registry {
  const prefix = text.trim().replace(/\/+$/, '');
  const [host = '', ...path] = prefix.split('/');
  const local = host === 'localhost' || /[.:]/.test(host);
  const valid =
    local && /^[a-z0-9.-]+(:\d+)?$/i.test(host) && path.every((part) => /^[a-z0-9]+([._-]+[a-z0-9]+)*$/.test(part));
  if (!valid) {
    throw blocked(
      'build',
      `COMPAT_REGISTRY ${JSON.stringify(text)} is no registry: expected host[:port][/path] without https://, for example ` +
        `registry.example:5000/team; a host has a dot or a port, a path small letters`,
    );
  }
  return { host, prefix };
}
