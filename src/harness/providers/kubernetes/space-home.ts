import type { KubernetesObject } from '@kubernetes/client-node';
import type { Ledger } from '../../domain/ledger.ts';
import type { SpaceRoot } from '../../manifests/lifeline.ts';
import type { SpaceFacts, SpaceNeeds } from '../../manifests/namespace.ts';
import type { Cluster } from './cluster.ts';
import { takeNamespace } from './given-namespace.ts';
import type { SpaceRef } from './labelled.ts';
import { makeNamespace } from './made-namespace.ts';
import type { KubernetesSettings } from './settings.ts';

/** Where a space lives: in a namespace that was made for it, or in one that was given and that it holds for a while. */
export interface SpaceHome {
  readonly facts: SpaceFacts;
  /** By what the space is found again, by whoever looks. */
  readonly ref: SpaceRef;
  /** With what all of the space goes. */
  readonly root: SpaceRoot;
  /** Of the ledger; see `giveBack`. */
  readonly entry: string;
  /** Makes objects of the space, or changes them. @throws StepError blocked */
  apply(manifests: readonly KubernetesObject[], signal?: AbortSignal): Promise<void>;
}

export interface HomeOrder {
  readonly cluster: Cluster;
  readonly settings: KubernetesSettings;
  /** But for the namespace, which is not known yet. */
  readonly facts: Omit<SpaceFacts, 'namespace'> & { readonly space: string };
  readonly needs: Required<Pick<SpaceNeeds, 'size' | 'openPorts'>>;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** What takes longer than a moment. */
  readonly say: (text: string) => void;
}

/** Finds a home, with all in it that a space needs before anything runs. @throws StepError blocked, with nothing left behind */
export async function findHome(order: HomeOrder): Promise<SpaceHome> {
  const { given } = order.settings;
  return given ? await takeNamespace(order, given) : await makeNamespace(order);
}
