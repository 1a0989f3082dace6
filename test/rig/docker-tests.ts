import type { RigEnv } from './docker-rig.ts';
import { describeInTurn } from './one-file-at-a-time.ts';

/** The rig's part of the environment. @throws Error where there is no rig, saying why */
export function rigEnv(): RigEnv {
  const of = (name: keyof RigEnv): string => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`no Docker rig (${name} is not set): ${whyNoRig() ?? 'run test/rig/up'}`);
    return value;
  };
  return {
    DOCKER_HOST: of('DOCKER_HOST'),
    COMPAT_REGISTRY: of('COMPAT_REGISTRY'),
    COMPAT_REGISTRY_USER: of('COMPAT_REGISTRY_USER'),
    COMPAT_REGISTRY_PASSWORD: of('COMPAT_REGISTRY_PASSWORD'),
  };
}

/** Tests on a real engine and registry, in turn. They fail where there are none, with the reason. */
export function describeWithDocker(name: string, tests: () => void): void {
  describeInTurn(name, { wanted: ['engine'], lacking: whyNoRig() }, tests);
}

function whyNoRig(): string | undefined {
  if (process.env['DOCKER_HOST'] !== undefined && process.env['COMPAT_REGISTRY'] !== undefined) return undefined;
  return process.env['NO_DOCKER_RIG'] ?? 'the tests were started without their global set-up';
}
