/** Labels by which containers, networks and volumes of ours are found again, whoever looks: the run, its reaper, a sweep. */
export const LABEL = {
  run: 'corda-compat.run',
  /** `<run>/<cell>`: a space's id. */
  space: 'corda-compat.space',
  cell: 'corda-compat.cell',
  /** The node's or service's id. */
  resident: 'corda-compat.resident',
  /** JSON of SpaceOwner. */
  owner: 'corda-compat.owner',
} as const;

/** A label and its value, as filters of the engine take it. */
export function labelled(name: string, value: string): string {
  return `${name}=${value}`;
}
