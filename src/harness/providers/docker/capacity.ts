import { requireRoomForContainers } from '../../domain/memory.ts';
import { blocked } from '../../domain/step-error.ts';
import type { Resident } from '../provider.ts';
import type { Engine } from '../../docker/engine.ts';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @throws StepError blocked when the engine is on another machine, runs no Linux containers or cannot hold such a space now */
export function checkEngine({ runtime, address }: Engine, residents: readonly Resident[]): void {
  const { operatingSystemType, memory } = runtime.info.containerRuntime;
  const { protocol, hostname } = new URL(address.url);
  if (protocol === 'tcp:' && !LOCAL_HOSTS.includes(hostname)) {
    throw blocked(
      'space',
      `the Docker engine at ${address.url} is on another machine: containers are reached on this machine's loopback ` +
        `only. Set DOCKER_HOST to an engine of this machine`,
    );
  }
  if (operatingSystemType !== 'linux') {
    throw blocked('space', `the Docker engine runs ${operatingSystemType} containers: switch it to Linux containers`);
  }
  requireRoomForContainers(
    residents.map(({ memoryMb }) => memoryMb),
    memory / 2 ** 20,
  );
}
