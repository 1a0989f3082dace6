import type { CoreV1Event, V1ContainerState, V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { troublesOf } from './trouble.ts';

const pod = (state: V1ContainerState, further: Partial<V1Pod['status'] & object> = {}): V1Pod => ({
  metadata: { name: '4-8-0' },
  status: {
    containerStatuses: [{ name: 'main', image: 'i', imageID: '', ready: false, restartCount: 0, state }],
    ...further,
  },
});
const waiting = (reason: string, message = ''): V1Pod => pod({ waiting: { reason, message } });
const event = (reason: string, message: string, count = 1): CoreV1Event => ({
  reason,
  message,
  count,
  involvedObject: { kind: 'PersistentVolumeClaim', name: 'party-a' },
  metadata: { name: 'e' },
});
const first = (pods: V1Pod[], events: CoreV1Event[] = []) => troublesOf({ pods, events })[0];

describe('what keeps a Pod from running', () => {
  test.each([
    ['what no one can pull', waiting('ErrImagePull', 'manifest unknown: not found'), 0],
    ['a registry that may come back', waiting('ErrImagePull', 'dial tcp: i/o timeout'), 20_000],
    ['what the registry refuses this user', waiting('ImagePullBackOff', '401 Unauthorized'), 3_000],
    ['a Secret that is not there', waiting('CreateContainerConfigError', 'secret "x" not found'), 1_000],
    ['a cache that is slow', waiting('CreateContainerConfigError', 'failed to sync secret cache'), 30_000],
    ['a program that ends again and again', waiting('CrashLoopBackOff'), 0],
    ['a program that is not there', pod({ terminated: { exitCode: 128, reason: 'StartError' } }), 0],
  ])('%s', (_what, seen, certainAfterMs) => {
    expect(first([seen])).toMatchObject({ certainAfterMs });
  });

  test.each([
    ['a class that there is not', event('ProvisioningFailed', 'storageclass "x" not found'), 0],
    ['storage that may come', event('ProvisioningFailed', 'rpc error'), 10_000],
    ['storage that fails again', event('ProvisioningFailed', 'rpc error', 2), 0],
    ['a quota', event('FailedCreate', 'pods "x" is forbidden: exceeded quota: q'), 0],
  ])('%s', (_what, seen, certainAfterMs) => {
    expect(first([], [seen])).toMatchObject({ certainAfterMs });
  });

  test('a pull without the secret, which the node’s agent had not seen yet, is tried again', () => {
    const pulled = [waiting('ErrImagePull', '401 Unauthorized')];
    const seen = event('FailedToRetrieveImagePullSecret', 'Unable to retrieve some image pull secrets (regsecret)');
    expect(first(pulled, [seen])).toMatchObject({ key: 'main ErrImagePull', certainAfterMs: 45_000 });
    expect(first([waiting('ErrImagePull', 'not found')], [seen])).toMatchObject({ certainAfterMs: 0 });
  });

  test.each([
    ['a Pod that waits for its turn', [waiting('ContainerCreating')], []],
    ['a quota that is not counted yet', [], [event('FailedCreate', 'forbidden: status unknown for quota: q')]],
    ['what runs', [pod({ running: {} })], []],
  ])('not: %s', (_what, pods, events) => {
    expect(troublesOf({ pods, events })).toEqual([]);
  });

  test('a full cluster, in the scheduler’s words', () => {
    const message = '0/1 nodes are available: 1 Insufficient memory.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    expect(first([{ metadata: { name: 'x' }, status: { conditions } }])?.message).toContain(message);
  });
});
