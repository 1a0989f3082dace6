import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessOf,
  createDatabase,
  databasesLeft,
  dropDatabase,
  ServerError,
  withServer,
} from '../../src/harness/databases/server.ts';
import { serverTemplate, type TemplateRequest } from '../../src/harness/databases/templates.ts';
import type { Creation, Ledger } from '../../src/harness/cleanup/ledger.ts';
import type { DatabaseAccess } from '../../src/harness/corda/database.ts';
import { freePort } from '../rig/free-port.ts';
import { describeWithPostgres, postgresRig, type PostgresRig } from '../rig/postgres-rig.ts';

/** A ledger that only notes: the real one has its own tests. */
function notes(): Ledger & { readonly open: Map<string, Creation> } {
  const open = new Map<string, Creation>();
  return {
    open,
    record: (creation) => {
      const id = String(open.size + 1);
      open.set(id, creation);
      return Promise.resolve(id);
    },
    addProcess: () => Promise.resolve(),
    undone: (id) => Promise.resolve(void open.delete(id)),
  };
}

describeWithPostgres('databases of nodes on a PostgreSQL server', () => {
  let rig: PostgresRig;
  beforeAll(async () => {
    rig = await postgresRig();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const as = (name: string) => ({ name, password: 'abc123' });

  /** Logs in as the node does. */
  function query(name: string, sql: string): Promise<{ rows: unknown[] }> {
    const node = { ...rig.server, user: name, password: 'abc123' };
    return withServer(node, (client) => client.query(sql), name);
  }

  /** As a node's pool does: whoever is disconnected connects again, as long as there is something to connect to. */
  async function comesBack(name: string): Promise<unknown> {
    for (;;) {
      const error = await query(name, 'select pg_sleep(60)').catch((failure: unknown) => failure);
      if (!/terminat|not queryable/.test(String(error))) return error;
    }
  }

  function request(changes: Partial<TemplateRequest> & Pick<TemplateRequest, 'key' | 'make'>): TemplateRequest {
    return { server: rig.server, ledger: notes(), limit: 30_000, signal: new AbortController().signal, ...changes };
  }

  const makeTable = (access: DatabaseAccess) =>
    withServer(
      { ...rig.server, user: access.user, password: access.password },
      (client) => client.query('create table coins (n int); insert into coins values (7)'),
      access.user,
    ).then(() => undefined);

  test('a node makes tables in its own, and nothing of it is left once it is dropped while the node is connected, and connects again', async () => {
    await createDatabase(rig.server, as('node_a'));
    await query('node_a', 'create table t (n int)');
    const busy = Array.from({ length: 3 }, () => comesBack('node_a'));
    await dropDatabase(rig.server, 'node_a');
    expect(await databasesLeft(rig.server, ['node_a'])).toEqual([]);
    expect(await Promise.all(busy)).toEqual(busy.map(() => expect.any(ServerError) as unknown));
    await dropDatabase(rig.server, 'node_a');
    expect(await rig.ours()).toEqual([]);
  });

  test('two who want the same template at once: one makes it, both nodes have its rows and may change its tables', async () => {
    let made = 0;
    const make = async (access: DatabaseAccess) => {
      made += 1;
      await makeTable(access);
    };
    const wanted = Array.from({ length: 2 }, () => serverTemplate(request({ key: 'a1', make })));
    const [template] = await Promise.all(wanted);
    expect(made).toBe(1);
    expect(await rig.templates()).toEqual([template]);
    await Promise.all(['node_b', 'node_c'].map((name) => createDatabase(rig.server, as(name), template)));
    await query('node_b', 'alter table coins add column m int');
    expect((await query('node_c', 'select * from coins')).rows).toEqual([{ n: 7 }]);
    await Promise.all(['node_b', 'node_c'].map((name) => dropDatabase(rig.server, name)));
    expect(await rig.ours()).toEqual([]);
  });

  test('a template whose making fails is not there, and nothing of it is left', async () => {
    const ledger = notes();
    const make = async (access: DatabaseAccess) => {
      expect([...ledger.open.values()]).toMatchObject([{ kind: 'database', name: access.user }]);
      await makeTable(access);
      throw new Error('no migration');
    };
    await expect(serverTemplate(request({ key: 'b2', make, ledger }))).rejects.toThrow('no migration');
    expect(await rig.ours()).toEqual([]);
    expect(await rig.templates()).not.toContain('corda_compat_template_b2');
    expect(ledger.open.size).toBe(0);
  });

  test('what a run that was killed left of a template is replaced', async () => {
    await createDatabase(rig.server, as('corda_compat_template_c3_new'));
    const template = await serverTemplate(request({ key: 'c3', make: makeTable }));
    expect(await rig.templates()).toContain(template);
    expect(await rig.ours()).toEqual([]);
  });

  test('errors name the server and not its password', async () => {
    const nobody = { ...rig.server, port: await freePort() };
    await expect(createDatabase(nobody, as('x'))).rejects.toThrow(
      /^PostgreSQL server admin@127.0.0.1:\d+: .*ECONNREFUSED/,
    );
    const wrong = { ...rig.server, password: 'wrong' };
    const error = await createDatabase(wrong, as('x')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServerError);
    expect(String(error)).toMatch(/password authentication failed/);
    expect(String(error)).not.toContain(rig.server.password);
  });

  test('the address that the driver and the node are given', () => {
    const { port } = rig.server;
    expect(accessOf(rig.server, as('x')).url).toBe(`jdbc:postgresql://127.0.0.1:${port}/x`);
    expect(accessOf({ ...rig.server, host: '::1' }, as('x')).url).toBe(`jdbc:postgresql://[::1]:${port}/x`);
  });
});
