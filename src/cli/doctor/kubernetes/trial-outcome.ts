import type { CoreV1Event, V1ContainerStatus } from '@kubernetes/client-node';
import type { TrialSight } from './trial.ts';

/** What became of something that was tried. */
export type Outcome =
  | { readonly kind: 'well' }
  | { readonly kind: 'failed'; readonly words: string }
  | { readonly kind: 'open'; readonly words: string };

/** Reasons of events by which a provisioner tells that it makes no volume. */
const STORAGE_REASONS = /^(ProvisioningFailed|FailedBinding|FailedMount|FailedAttachVolume|VolumeMismatch)$/;
/** A provisioner that failed may succeed the next time; one that has not in this time will not while the doctor waits. */
const STORAGE_CERTAIN_MS = 8_000;
const PULL_REASONS = /^(ErrImagePull|ImagePullBackOff|RegistryUnavailable|InvalidImageName|ErrImageNeverPull)$/;

/** Whether nothing more has to be waited for. */
export function isDecided(
  sight: TrialSight,
  { withClaim, sinceMs }: { readonly withClaim: boolean; readonly sinceMs: number },
): boolean {
  const pull = pullOutcome(sight);
  const storage: Outcome = withClaim ? storageOutcome(sight) : { kind: 'well' };
  // Without a volume its Pod is nowhere, and no image is asked for.
  if (storage.kind === 'failed') return sinceMs > STORAGE_CERTAIN_MS;
  return storage.kind === 'well' && pull.kind !== 'open';
}

export function storageOutcome({ claim, pod, events }: TrialSight): Outcome {
  if (claim?.status?.phase === 'Bound') return { kind: 'well' };
  const words = wordsOf(events, ({ reason = '' }) => STORAGE_REASONS.test(reason));
  if (words !== undefined) return { kind: 'failed', words };
  const unscheduled = pod?.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  const ofClaim = wordsOf(events, ({ reason }) => reason === 'ExternalProvisioning');
  const open = ofClaim ?? unscheduled?.message;
  return { kind: 'open', words: `the claim is ${claim?.status?.phase ?? 'not there'}${open ? `: ${open}` : ''}` };
}

export function pullOutcome({ pod, events }: TrialSight): Outcome {
  const status: V1ContainerStatus | undefined = pod?.status?.containerStatuses?.[0];
  const { running, terminated, waiting } = status?.state ?? {};
  // Whatever its program makes of it: the image is there.
  const isThere = running ?? terminated ?? status?.lastState?.terminated;
  if (isThere ?? events.find(({ reason }) => reason === 'Pulled')) return { kind: 'well' };
  const { reason = '', message = '' } = waiting ?? {};
  if (!PULL_REASONS.test(reason))
    return { kind: 'open', words: reason || `its Pod is ${pod?.status?.phase ?? 'not there'}` };
  // The first words are the registry's; later ones only say that it is tried again.
  const told = wordsOf(events, (event) => event.reason === 'Failed' && /pull image/i.test(event.message ?? ''));
  return { kind: 'failed', words: told ?? `${reason}: ${message}` };
}

function wordsOf(events: readonly CoreV1Event[], matches: (event: CoreV1Event) => boolean): string | undefined {
  return events.find(matches)?.message?.trim();
}
