export const DATABASE_KINDS = ['h2', 'postgresql'] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** How to reach a database by JDBC. */
export interface DatabaseAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What node.conf says of its database over the release's own defaults, which are those of an H2 database in its folder. */
export interface DataSource {
  readonly dataSourceClassName?: string;
  readonly dataSource: Partial<DatabaseAccess>;
}

/**
 * Of every node's H2 database. No secret: H2 listens where only this user and the cell's own network reach it, but 4.x nodes
 * refuse to open a database without a password to anything but loopback, and templates of databases are shared by all runs.
 */
export const H2_ACCOUNT = { user: 'sa', password: 'corda-compat' } as const;

export const H2_SOURCE: DataSource = { dataSource: { password: H2_ACCOUNT.password } };

export function postgresSource(access: DatabaseAccess): DataSource {
  return { dataSourceClassName: 'org.postgresql.ds.PGSimpleDataSource', dataSource: access };
}
