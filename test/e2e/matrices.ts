/** Corda's own cash CorDapps of a 4.x release, as `cordapps` of a matrix. */
export function finance(version: string): { readonly maven: readonly string[] } {
  return { maven: ['contracts', 'workflows'].map((part) => `net.corda:corda-finance-${part}:${version}`) };
}

/** Releases of Maven Central by their version. */
export function releases(...versions: readonly string[]): Record<string, { maven: string }> {
  return Object.fromEntries(versions.map((version) => [version, { maven: version }]));
}

/** Corda's cash of 3.3, for a node of 3.3 and whoever trades with it: 3.3 reads no later one. */
export const OLD_CASH = { maven: ['net.corda:corda-finance:3.3-corda'] };
