import type Docker from 'dockerode';
import type { RigEnv } from './docker-rig.ts';

/** Pushes an image of the engine to the rig's registry, which its name begins with. @returns its digest */
export async function pushImage(
  engine: Docker,
  name: string,
  { COMPAT_REGISTRY: serveraddress, COMPAT_REGISTRY_USER: username, COMPAT_REGISTRY_PASSWORD: password }: RigEnv,
): Promise<string> {
  const answer = await engine.getImage(name).push({ authconfig: { username, password, serveraddress } });
  const events = await new Promise<{ aux?: { Digest?: string } }[]>((resolve, reject) => {
    engine.modem.followProgress(answer, (error: Error | null, all: { aux?: { Digest?: string } }[]) =>
      error ? reject(error) : resolve(all),
    );
  });
  const digest = events.map(({ aux }) => aux?.Digest).find((found) => found !== undefined);
  if (digest === undefined) throw new Error(`pushing ${name} told no digest: ${JSON.stringify(events)}`);
  return digest;
}
