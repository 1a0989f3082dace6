import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs that are built together. */
export interface GoModule {
  /** For people. */
  readonly what: string;
  readonly sources: string;
  /** Below it; each is a program. */
  readonly packages: readonly string[];
  /** Variables of its packages, set by the linker: programs say which version they are, as released ones do. */
  readonly variables: Readonly<Record<string, string>>;
}

/** All of Kubernetes, kubectl, and the first process of every pod. */
export async function kubernetesModule(): Promise<GoModule> {
  const sources = join(import.meta.dirname, 'k8sbox');
  const version = await versionOf(sources, 'k8s.io/kubernetes');
  const at = 'k8s.io/component-base/version';
  const variables = {
    [`${at}.gitVersion`]: version,
    [`${at}.gitMajor`]: '1',
    [`${at}.gitMinor`]: minorOf(version),
    [`${at}.gitTreeState`]: 'clean',
    [`${at}.buildDate`]: '2026-01-01T00:00:00Z',
  };
  return { what: 'Kubernetes', sources, packages: ['.', './pause'], variables };
}

export async function helmModule(): Promise<GoModule> {
  const sources = join(import.meta.dirname, 'helm');
  const [own, client] = [await versionOf(sources, 'helm.sh/helm/v4'), await versionOf(sources, 'k8s.io/client-go')];
  const [version, chart, lint] = ['internal/version', 'pkg/chart/common', 'internal/chart/v3/lint/rules'].map(
    (path) => `helm.sh/helm/v4/${path}`,
  );
  const minor = minorOf(client);
  const variables = {
    [`${version}.version`]: own,
    [`${version}.kubeClientVersionMajor`]: '1',
    [`${version}.kubeClientVersionMinor`]: minor,
    // What charts are told of the cluster that they are rendered for.
    [`${chart}.k8sVersionMinor`]: minor,
    [`${lint}.k8sVersionMinor`]: minor,
  };
  return { what: 'Helm', sources, packages: ['.'], variables };
}

async function versionOf(sources: string, name: string): Promise<string> {
  const text = await readFile(join(sources, 'go.mod'), 'utf8');
  const version = text.split(/\n\s*(?:require )?/).find((line) => line.startsWith(`${name} v`));
  if (version === undefined) throw new Error(`${sources}/go.mod requires no ${name}`);
  return version.split(' ')[1] ?? '';
}

function minorOf(version: string): string {
  return version.split('.')[1] ?? '';
}
