/**
 * Who may import whom: the import rules of the architecture (docs/terminology.md has the words). A folder that is not
 * listed here may not be imported from; a rule whose folder is gone fails test/integration/import-rules.test.ts.
 */

const domain = '^src/harness/domain/';
const support = '^src/harness/support/';
const ground = [domain, support];
/** The client of a Docker engine, and its errors. */
const docker = '^src/harness/docker/';
const zone = '^src/harness/zone/';
const drivers = '^src/harness/drivers/';
const oracle = '^src/harness/oracle/';
/** How operations are asked for, written down and looked at: by suites in workers, and by replays. */
const trade = '^src/harness/trade/';
const databases = '^src/harness/databases/';
const providerInterface = '^src/harness/providers/provider[.]ts$';
/** What providers share. */
const providerGround =
  '^src/harness/providers/(provider|find-resident|open-spaces|space-folder|space-owner|image-command|image-places|database-container)[.]ts$';
const manifests = '^src/harness/manifests/';
const plan = '^src/harness/plan/';
const matrix = '^src/harness/matrix/';
const leaseClient = '^src/harness/run/lease-client[.]ts$';
const harness = '^src/harness/(?!vitest/)';

/** Folder, and what of ours it may import beside itself. */
const MAY_IMPORT = [
  { name: 'domain', from: domain, to: [] },
  { name: 'support', from: support, to: [] },
  { name: 'matrix', from: matrix, to: ground },
  { name: 'plan', from: plan, to: [...ground, matrix] },
  { name: 'releases', from: '^src/harness/releases/', to: ground },
  { name: 'docker', from: docker, to: ground },
  { name: 'images', from: '^src/harness/images/', to: [...ground, docker] },
  { name: 'manifests', from: manifests, to: [domain] },
  { name: 'zone', from: zone, to: ground },
  { name: 'drivers', from: drivers, to: ground },
  { name: 'databases', from: databases, to: ground },
  { name: 'oracle', from: oracle, to: ground },
  { name: 'replay', from: '^src/harness/replay/', to: [...ground, oracle] },
  { name: 'trade', from: trade, to: [...ground, drivers, oracle] },
  { name: 'report', from: '^src/harness/report/', to: [...ground, plan] },
  { name: 'provider-interface', from: '^src/harness/providers/[^/]+[.]ts$', to: ground },
  { name: 'provider-local', from: '^src/harness/providers/local/', to: [...ground, providerGround] },
  { name: 'provider-docker', from: '^src/harness/providers/docker/', to: [...ground, docker, providerGround] },
  {
    name: 'provider-kubernetes',
    from: '^src/harness/providers/kubernetes/',
    to: [...ground, providerGround, manifests],
  },
  { name: 'network', from: '^src/harness/network/', to: [...ground, zone, drivers, providerInterface] },
  { name: 'provision', from: '^src/harness/provision/', to: [harness] },
  { name: 'run', from: '^src/harness/run/', to: [harness] },
  { name: 'vitest', from: '^src/harness/vitest/', to: [harness] },
  { name: 'cli', from: '^src/cli/', to: [harness] },
  { name: 'fixtures', from: '^fixtures/', to: [...ground, drivers, oracle, trade, leaseClient] },
  { name: 'suites', from: '^suites/', to: ['^fixtures/'] },
];

const OURS = '^(src|fixtures|suites|vitest[.]config)';
/** Tests compose what they test. */
const TESTS = '([.]test[.]ts|-fixture[.]ts|/conformance[a-z-]*[.]ts)$';

module.exports = {
  forbidden: [
    ...MAY_IMPORT.map(({ name, from, to }) => ({
      name: `${name}-imports-only-what-it-may`,
      severity: 'error',
      comment: `See "Who may import whom": ${name} may import ${to.join(', ') || 'only itself'} beside itself.`,
      from: name === 'suites' ? { path: from } : { path: from, pathNot: TESTS },
      to: { path: OURS, pathNot: [from, ...to] },
    })),
    {
      name: 'nothing-imports-the-top',
      severity: 'error',
      comment: 'vitest/ and src/cli are called from outside only: by vitest.config.ts, the package exports and bin.',
      from: { path: '^(src|fixtures|suites)/', pathNot: ['^src/harness/vitest/', '^src/cli/', TESTS] },
      to: { path: ['^src/harness/vitest/', '^src/cli/'] },
    },
    {
      name: 'config-imports-the-plugin-only',
      severity: 'error',
      from: { path: '^vitest[.]config[.]ts$' },
      to: { path: OURS, pathNot: '^src/harness/vitest/' },
    },
    {
      name: 'workers-reach-no-main-process-code',
      severity: 'error',
      comment: 'What a suite imports runs in a worker: not even through others may it come to what owns networks.',
      from: { path: '^(suites/|fixtures/(?!.*[.]test[.]ts$))' },
      to: {
        path: '^src/harness/(docker|matrix|plan|releases|zone|network|providers|provision|run|report|vitest)/',
        pathNot: leaseClient,
        reachable: true,
      },
    },
    {
      name: 'only-vitest-folder-knows-vitest',
      severity: 'error',
      comment: 'The harness could run under another test runner; fixtures are what suites see of vitest.',
      from: { path: '^src/', pathNot: ['^src/harness/vitest/', TESTS] },
      to: { path: '(^|node_modules/)vitest(/|$)' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types may refer to each other; modules may not wait for each other.',
      from: { path: '^(src|fixtures|suites)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-tests-in-the-program',
      severity: 'error',
      from: { path: '^(src|fixtures)/', pathNot: TESTS },
      to: { path: '[.]test[.]ts$' },
    },
    {
      name: 'no-development-packages-in-the-program',
      severity: 'error',
      from: { path: '^(src|fixtures|suites)/', pathNot: TESTS },
      comment: 'Vitest is the peer; scripts/bundle-libraries.js puts the others into the package.',
      to: {
        path: '/',
        pathNot: '^node_modules/(vitest|dockerode|testcontainers|@testcontainers/k3s|@kubernetes/client-node|esbuild)/',
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: { path: '^(src|fixtures|suites)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
