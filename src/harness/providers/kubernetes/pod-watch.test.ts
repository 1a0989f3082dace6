import { expect, onTestFinished, test } from 'vitest';
import { K8S_LABEL } from './manifests/names.ts';
import { waitUntil } from '../../support/wait.ts';
import { answerEmptyList, startApiServer } from '../../testing/api-server.ts';
import { watchPods } from './pod-start.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'party-a-0', namespace: 'n', resourceVersion: '2', labels: { [K8S_LABEL.process]: 'party-a' } },
};

test('a watch whose connection breaks begins again, and sees what is new', async () => {
  let broken = 0;
  const { cluster } = await startApiServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://of.this.test');
    if (searchParams.get('watch') !== 'true') return answerEmptyList(request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (!pathname.endsWith('/pods')) return void response.flushHeaders();
    broken += 1;
    if (broken <= 2) return void request.socket.destroy();
    response.write(`${JSON.stringify({ type: 'ADDED', object: POD })}\n`);
  });
  const watch = await watchPods(cluster, { namespace: 'n', space: 's' });
  onTestFinished(() => watch.stop());
  const seen = await waitUntil(
    () => {
      const [pod] = watch.pods('party-a');
      return pod ? { done: true, value: pod } : { done: false, last: `${broken} watches begun` };
    },
    { name: 'the Pod of the third watch', limit: 20_000 },
  );
  expect(seen.metadata?.name).toBe('party-a-0');
  expect(broken).toBe(3);
});
