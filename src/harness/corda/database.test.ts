import { expect, test } from 'vitest';
import { postgresSource } from './database.ts';

test("a node on PostgreSQL is told the driver's data source and how to get in", () => {
  const access = { url: 'jdbc:postgresql://db:5432/a', user: 'a', password: 'p' };
  expect(postgresSource(access)).toEqual({
    dataSourceClassName: 'org.postgresql.ds.PGSimpleDataSource',
    dataSource: access,
  });
});
