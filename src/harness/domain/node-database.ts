/** How to reach a database by JDBC. */
export interface DatabaseAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Of every node's H2 database. No secret: H2 listens where only this user and the cell's own network reach it, but 4.x nodes
 * refuse to open a database without a password to anything but loopback, and templates of databases are shared by all runs.
 */
export const H2_ACCOUNT = { user: 'sa', password: 'corda-compat' } as const;
