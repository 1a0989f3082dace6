import type { ResolvedRelease } from '../domain/release.ts';
import { blocked } from '../domain/step-error.ts';
import { withJar } from '../support/jar.ts';

/** What the suites start. */
const FLOWS = ['CashIssueFlow', 'CashPaymentFlow'].map((name) => `net/corda/finance/flows/${name}.class`);

/** The suites trade in cash: looks for its flows in a release's CorDapps. @throws StepError blocked (cordapps) */
export async function requireCashFlows({ release, version, facts, cordapps }: ResolvedRelease): Promise<void> {
  const names = await Promise.all(cordapps.map(({ file }) => withJar(file, (jar) => Promise.resolve(jar.names))));
  const present = new Set(names.flat());
  const missing = FLOWS.filter((flow) => !present.has(flow));
  if (missing.length === 0) return;
  const searched = cordapps.map(({ name, origin }) => `${name} (${origin})`).join(', ') || 'no CorDapps at all';
  const artifacts = facts.rpc === 'kryo' ? ['corda-finance'] : ['corda-finance-contracts', 'corda-finance-workflows'];
  const advice = artifacts.map((artifact) => `"net.corda:${artifact}:{version}"`).join(' and ');
  throw blocked(
    'cordapps',
    `Release ${release.id} (${version}) cannot trade: no ${missing.join(', ')} in ${searched}. Add ${advice} to its "cordapps".`,
  );
}
