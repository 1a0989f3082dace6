import { blocked } from '../../domain/step-error.ts';
import { availableMemoryMb } from '../../support/memory.ts';
import type { Resident } from '../provider.ts';
import type { Engine } from './engine.ts';

const MB = 1024 * 1024;
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @throws StepError blocked when the engine is on another machine, runs no Linux containers or cannot hold such a space now */
export async function checkEngine({ runtime, address }: Engine, residents: readonly Resident[]): Promise<void> {
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
  const needed = residents.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
  const available = Math.min(Math.floor(memory / MB), await sharedMemoryMb());
  if (available < needed) {
    const each = residents.map(({ memoryMb }) => memoryMb).join(' + ');
    throw blocked(
      'space',
      `needs ${needed} MB of memory for ${residents.length} containers (${each} MB), the Docker engine has ${available} MB. End ` +
        `other containers or programs, lower COMPAT_PARALLEL, or give the engine more memory`,
    );
  }
}

/** Elsewhere the engine is in a virtual machine, whose memory has nothing to do with what is free here. */
async function sharedMemoryMb(): Promise<number> {
  return process.platform === 'linux' ? await availableMemoryMb() : Infinity;
}
