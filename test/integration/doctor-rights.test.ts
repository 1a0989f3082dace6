import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rightsCheck } from '../../src/cli/doctor/kubernetes/rights-check.ts';
import { clusterAt } from '../../src/harness/providers/kubernetes/cluster.ts';
import { leastRights, RIGHTS, rightWords, WAYS, type Right } from '../../src/harness/providers/kubernetes/rights.ts';
import { waitUntil } from '../../src/harness/support/wait-until.ts';
import { examineCluster } from '../rig/cluster-doctor.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterUser, type ClusterUser } from '../rig/cluster-user.ts';

// What the doctor says of rights, against a real cluster that grants and refuses them.

const ROOT = resolve(import.meta.dirname, '../..');

test('--rights prints what the documentation has', async () => {
  const { stdout } = await execa('node', [join(ROOT, 'bin/corda-compat.js'), 'doctor', '--rights'], { cwd: tmpdir() });
  const docs = await readFile(join(ROOT, 'docs/kubernetes-setup.md'), 'utf8');
  expect(docs).toContain(`\`\`\`yaml rights\n${stdout}\n\`\`\``);
});

describeWithCluster('doctor', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-rights-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe('rights', () => {
    let user: ClusterUser;
    beforeAll(async () => {
      user = await clusterUser(RIGHTS);
    });
    afterAll(() => user.remove());

    test('exactly those of the table are enough for all that the doctor tries', async () => {
      const { checks, named } = await examineCluster(folder, { KUBECONFIG: user.kubeconfig });
      expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
      expect(named('cluster')?.found).toContain(`answers ${user.name}`);
    });

    test('each that is missing is told by name', async () => {
      const cluster = await clusterAt({ kubeconfig: user.kubeconfig });
      for (const right of leastRights()) {
        for (const verb of right.verbs) {
          await user.allow(RIGHTS.map((each) => (each === right ? without(each, verb) : each)));
          const words = rightWords(right, verb);
          const probe = async () => {
            const { check } = await rightsCheck({ cluster, user: user.name });
            const told = (check.tried ?? []).filter((line) => line.includes(`: ${words} (${right.why})`));
            const done = told.length === 1 && check.tried?.length === 1;
            return done ? { done, value: check } : { done: false as const, last: JSON.stringify(check.tried) };
          };
          const check = await waitUntil(probe, { name: `word of ${words}`, limit: 10_000 });
          expect(check.state).toBe(right.otherwise === undefined ? 'missing' : 'warning');
        }
      }
    });

    test('drivers are reached by port-forward, otherwise by the service proxy, otherwise not: both are told', async () => {
      const wayWithout = async (...resources: readonly string[]) => {
        await user.allow(RIGHTS.filter(({ resource }) => !resources.includes(resource)));
        return (await examineCluster(folder, { KUBECONFIG: user.kubeconfig })).named;
      };
      const forward = (await wayWithout())('way to drivers');
      expect(forward).toMatchObject({ state: 'ok', found: 'port-forward through the API server' });
      const proxied = await wayWithout(WAYS['port-forward']);
      expect(proxied('way to drivers')?.found).toMatch(/^service proxy of the API server/);
      expect([proxied('way to drivers')?.state, proxied('rights')?.state]).toEqual(['ok', 'ok']);
      const none = await wayWithout(...Object.values(WAYS));
      expect(none('way to drivers')?.state).toBe('missing');
      expect(none('way to drivers')?.found).toMatch(
        /^none: .*port-forward.* service proxy.*pods\/portforward.*services\/proxy/,
      );
      expect(none('rights')?.tried).toEqual([
        expect.stringMatching(
          /: get pods\/portforward, create pods\/portforward \(.*; or in its place get services\/proxy/,
        ),
      ]);
    });

    test('of a user who has none: nothing is tried, and what grants them', async () => {
      await user.allow([]);
      const { named } = await examineCluster(folder, { KUBECONFIG: user.kubeconfig });
      const [, namespace = '', account = ''] = /serviceaccount:(.*):(.*)/.exec(user.name) ?? [];
      expect(named('rights')).toMatchObject({
        state: 'missing',
        found: expect.stringMatching(/ has 0 of the \d+ rights/) as string,
      });
      expect(named('rights')?.mend).toContain(
        `--clusterrole=corda-compat-cell --serviceaccount=${namespace}:${account}`,
      );
      expect(named('trial')?.found).toMatch(
        /neither a volume nor a pull was tried: this user may not create namespaces/,
      );
    });
  });
});

function without(right: Right, verb: string): Right {
  return { ...right, verbs: right.verbs.filter((each) => each !== verb) };
}
