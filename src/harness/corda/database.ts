export const DATABASE_KINDS = ['h2', 'postgresql'] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** The JDBC access to a database. */
export interface DatabaseAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/**
 * The database keys of node.conf that override the release's defaults, which are those of an H2 database in its
 * folder.
 */
export interface DataSource {
  readonly dataSourceClassName?: string;
  readonly dataSource: Partial<DatabaseAccess>;
}

/**
 * Password of every node's H2 database. It is no secret: H2 listens only for this user and the cell's own network.
 * But 4.x nodes refuse to open a database without a password beyond loopback, and all runs share the templates of
 * databases.
 */
export const H2_ACCOUNT = { user: 'sa', password: 'corda-compat' } as const;

export const H2_SOURCE: DataSource = { dataSource: { password: H2_ACCOUNT.password } };

export function postgresSource(access: DatabaseAccess): DataSource {
  return { dataSourceClassName: 'org.postgresql.ds.PGSimpleDataSource', dataSource: access };
}
