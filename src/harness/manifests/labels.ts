/** Labels by which objects of ours are found again, whoever looks: the run, its reaper, a sweep, a person. */
export const K8S_LABEL = {
  run: 'corda-compat.run',
  /** Of one cell's objects, unique in the cluster. */
  space: 'corda-compat.space',
  cell: 'corda-compat.cell',
  /** The node's or service's id. */
  resident: 'corda-compat.resident',
} as const;

export const K8S_ANNOTATION = {
  /** JSON: run, host, process number and start time of who made it. */
  owner: 'corda-compat.owner',
  /** ISO time. */
  created: 'corda-compat.created',
  /** The cell's exact name, which labels do not take. */
  cell: 'corda-compat.cell',
  /** ISO time after which the namespace deletes itself; pushed forward as long as the run lives. */
  deleteAfter: 'corda-compat.delete-after',
} as const;

/** Owner of what a person applied: no process, so that it never counts as gone. */
export const BY_HAND = 'by-hand';

/** On all objects that are ours, whoever made them. */
export const MANAGED_BY = { name: 'app.kubernetes.io/managed-by', value: 'corda-compat' } as const;

/** Who writes our objects' fields, as the cluster knows it. */
export const FIELD_MANAGER = 'corda-compat';

export type Labels = Readonly<Record<string, string>>;
