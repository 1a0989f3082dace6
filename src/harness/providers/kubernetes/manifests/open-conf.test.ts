import { expect, test } from 'vitest';
import { openConf } from './names.ts';

test('passwords go to the environment, wherever they are; all else stays', () => {
  const conf = {
    myLegalName: 'O=A, L=London, C=GB',
    rpcUsers: [{ user: 'compat', password: 'se"cret', permissions: ['ALL'] }],
    dataSourceProperties: { dataSource: { url: 'jdbc:x', user: 'u', password: 'other' } },
    devMode: false,
  };
  const { text, env } = openConf(JSON.stringify(conf));
  expect(env).toEqual({
    NODE_CONF_RPCUSERS_0_PASSWORD: 'se"cret',
    NODE_CONF_DATASOURCEPROPERTIES_DATASOURCE_PASSWORD: 'other',
  });
  expect(text).not.toMatch(/se.*cret|other/);
  expect(text).toContain('"password": ${NODE_CONF_RPCUSERS_0_PASSWORD}');
  const resolved = text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => JSON.stringify(env[name]));
  expect(JSON.parse(resolved)).toEqual(conf);
});

test('text that only looks like a variable stays text', () => {
  const { text, env } = openConf(JSON.stringify({ a: '${HOME}' }));
  expect(env).toEqual({});
  expect(JSON.parse(text)).toEqual({ a: '${HOME}' });
});
