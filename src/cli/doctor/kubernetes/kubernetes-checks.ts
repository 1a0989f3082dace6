import { StepError } from '../../../harness/domain/step-error.ts';
import type { AnsweredRight } from '../../../harness/providers/kubernetes/ask-rights.ts';
import { clusterAddressOf } from '../../../harness/providers/kubernetes/cluster-address.ts';
import { NoneFree } from '../../../harness/providers/kubernetes/given-namespace.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/settings.ts';
import { engineOnce } from '../../../harness/docker/engine.ts';
import { clusterSettings, namedNamespaces } from '../../../harness/run/cluster-settings.ts';
import type { CliContext } from '../../context.ts';
import { messageOf } from '../../../harness/support/words.ts';
import type { Check } from '../check.ts';
import { K8S_LABEL } from '../../../harness/manifests/labels.ts';
import { contactCheck, type Reached } from './contact-check.ts';
import { givenCheck } from './given-check.ts';
import { leftoversCheck } from './leftovers-check.ts';
import { pullCheck } from './pull-check.ts';
import { reachCheck } from './reach-check.ts';
import { isAllowed, rightsCheck } from './rights-check.ts';
import { chooseClass } from './storage-class.ts';
import { storageCheck } from './storage-check.ts';
import { planTrial, runTrial, trialPlace } from './trial.ts';
import { trialImage } from './trial-image.ts';
import { pullOutcome, storageOutcome } from './trial-outcome.ts';

/** What a run would find in a cluster: asked, and tried in a namespace of the doctor's own, which goes again. */
export async function kubernetesChecks(context: CliContext): Promise<Check[]> {
  const { check: contact, reached } = await contactCheck(clusterAddressOf(context.env));
  if (!reached) return [contact];
  let given: readonly string[] | undefined;
  try {
    given = namedNamespaces(context.env);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return [
      contact,
      { name: 'namespaces', state: 'missing', found: error.message, mend: 'correct it, then ask again' },
    ];
  }
  const { check: rights, answers } = await rightsCheck(reached, given);
  context.signal.throwIfAborted();
  return [
    contact,
    ...(given ? [await givenCheck(reached.cluster, given)] : []),
    rights,
    reachCheck(answers),
    ...(await trialChecks(reached, { answers, context })),
    await leftoversCheck(reached.cluster, given),
  ];
}

interface Trying {
  readonly answers: readonly AnsweredRight[];
  readonly context: CliContext;
}

async function trialChecks(reached: Reached, { answers, context }: Trying): Promise<readonly Check[]> {
  let settings: KubernetesSettings;
  try {
    settings = await clusterSettings(context.env);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return [
      { name: 'regsecret', state: 'missing', found: error.message, mend: 'set what is named above, then ask again' },
    ];
  }
  const why = notAllowed(answers, settings.given !== undefined);
  if (why !== undefined) {
    return [untried(`this user may not ${why}`)];
  }
  return await tryOut(reached, { settings, answers, context });
}

function untried(why: string): Check {
  return { name: 'trial', state: 'warning', found: `neither a volume nor a pull was tried: ${why}` };
}

/** What the trial itself does. */
const TRIAL_RIGHTS = [
  ['namespaces', 'create'],
  ['namespaces', 'delete'],
  ['persistentvolumeclaims', 'create'],
  ['pods', 'create'],
  ['pods', 'deletecollection'],
  ['secrets', 'create'],
] as const;

function notAllowed(answers: readonly AnsweredRight[], inGiven: boolean): string | undefined {
  const wanted = TRIAL_RIGHTS.filter(([resource]) => !inGiven || resource !== 'namespaces');
  const missing = wanted.find(([resource, verb]) => !isAllowed(answers, resource, verb));
  return missing && `${missing[1]} ${missing[0]}`;
}

async function tryOut(
  { cluster }: Reached,
  { settings, answers, context }: Trying & { readonly settings: KubernetesSettings },
): Promise<readonly Check[]> {
  const { cwd, env, signal, note } = context;
  const mayList = isAllowed(answers, 'storageclasses', 'list');
  const [choice, engine] = await Promise.all([
    chooseClass(cluster, { named: settings.storageClass, mayList }),
    engineOnce(env)().catch(() => undefined),
  ]);
  const image = await trialImage({ cwd, env, signal, ...(engine ? { engine } : {}) });
  const withClaim = choice.kind === 'class';
  const facts = await planTrial(settings.prefix);
  const volume = withClaim ? 'a claim of 1 MiB and ' : '';
  note(`trying ${volume}a Pod of ${image.reference} in ${trialPlace(facts, settings)}`);
  try {
    const sight = await runTrial(cluster, facts, { settings, image: image.reference, withClaim, signal, say: note });
    const storage = withClaim ? storageCheck(storageOutcome(sight), choice.words) : choice.check;
    return [storage, pullCheck(pullOutcome(sight), { image, settings })];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoneFree) return [untried(error.message)];
    const left = settings.given ? `configmap -A -l ${K8S_LABEL.space}=${facts.space}` : `namespace ${facts.space}`;
    const mend = `see what is left: kubectl get ${left}; npx corda-compat sweep removes it`;
    return [{ name: 'trial', state: 'missing', found: messageOf(error), mend }];
  }
}
