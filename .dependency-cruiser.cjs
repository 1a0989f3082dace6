/**
 * Who may import whom. The folders of src/harness are stages, in the order of the data: each imports from stages before it
 * (docs/architecture.md has the picture). A rule whose folder is gone fails test/integration/import-rules.test.ts.
 */
const STAGES = [
  'support',
  'corda',
  'config',
  'plan',
  'inspect',
  'releases',
  'docker',
  'images',
  'zone',
  'providers',
  'databases',
  'lease',
  'trade',
  'judge',
  'evidence',
  'cleanup',
  'provision',
  'byhand',
  'hub',
  'report',
  'vitest',
];

const folder = (stage) => `^src/harness/${stage}/`;
/** Every stage that makes something writes it down first, whoever removes it. */
const LEDGER = '^src/harness/cleanup/ledger[.]ts$';
const OURS = '^(src|fixtures|suites|vitest[.]config)';
/** Tests compose what they test. */
const TESTS = '([.]test[.]ts$|^src/harness/testing/)';
/** Code that suites run in a worker. */
const WORKER = [
  ...['support', 'corda', 'config', 'plan', 'inspect', 'lease', 'trade', 'judge'].map(folder),
  // Types of what a node carries, and names that the driver and its clients share.
  '^src/harness/releases/(artefacts|jvm-tools)[.]ts$',
];

const stageRules = STAGES.map((stage, place) => ({
  name: `${stage}-imports-earlier-stages-only`,
  severity: 'error',
  from: { path: folder(stage), pathNot: TESTS },
  to: { path: OURS, pathNot: [LEDGER, ...STAGES.slice(0, place + 1).map(folder)] },
}));

module.exports = {
  forbidden: [
    ...stageRules,
    ...['local', 'docker', 'kubernetes'].map((provider) => ({
      name: `provider-${provider}-knows-no-other-provider`,
      severity: 'error',
      from: { path: `^src/harness/providers/${provider}/`, pathNot: TESTS },
      to: { path: '^src/harness/providers/[^/]+/', pathNot: `^src/harness/providers/${provider}/` },
    })),
    {
      name: 'cli-imports-the-harness-only',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: TESTS },
      to: { path: OURS, pathNot: ['^src/cli/', '^src/harness/(?!vitest/)'] },
    },
    {
      name: 'fixtures-import-worker-code-only',
      severity: 'error',
      comment: 'Suites run in a worker: fixtures reach no code that owns networks, not even through others.',
      from: { path: '^fixtures/', pathNot: TESTS },
      to: { path: OURS, pathNot: ['^fixtures/', ...WORKER], reachable: true },
    },
    {
      name: 'suites-import-fixtures-only',
      severity: 'error',
      from: { path: '^suites/' },
      to: { path: OURS, pathNot: '^(fixtures|suites)/' },
    },
    {
      name: 'config-imports-the-plugin-only',
      severity: 'error',
      from: { path: '^vitest[.]config[.]ts$' },
      to: { path: OURS, pathNot: folder('vitest') },
    },
    {
      name: 'only-vitest-folder-knows-vitest',
      severity: 'error',
      comment: 'The harness could run under another test runner; fixtures are what suites see of vitest.',
      from: { path: '^src/', pathNot: [folder('vitest'), TESTS] },
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
      to: { path: TESTS },
    },
    {
      name: 'no-development-packages-in-the-program',
      severity: 'error',
      from: { path: '^(src|fixtures|suites)/', pathNot: TESTS },
      comment: 'Vitest is the peer; scripts/bundle-libraries.js puts the others into the package.',
      to: {
        path: '/',
        pathNot: '^node_modules/(vitest|dockerode|testcontainers|@kubernetes/client-node)/',
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
