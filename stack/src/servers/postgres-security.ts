import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Authority, type Certificate, createAuthority } from './certificates.js';

/** `wxa_owner` owns the schema and migrates it; `wxa_app` reads and writes rows. */
const ROLES = ['wxa_owner', 'wxa_app'] as const;
type Role = (typeof ROLES)[number];

/** TLS of a server whose roles identify themselves by client certificates. */
export type PostgresSecurity = {
  authority: Authority;
  clients: Record<Role, Certificate>;
  /** Settings of the server. */
  settings: Record<string, string>;
  /** The URL of a role, from that of the superuser. */
  urlOf(role: Role, superuser: string): string;
};

/**
 * Creates certificates for the server and its roles, new at each start and valid for 30 days; its files are in `folder`.
 * @param options `names` of the server in its certificate; `passwordRoles` enter by a password, by default only the superuser, so
 * that people can look at the data.
 */
export async function postgresSecurity(
  folder: string,
  { names = ['IP:127.0.0.1', 'DNS:localhost'], passwordRoles = ['wxa'] } = {},
): Promise<PostgresSecurity> {
  const authority = await createAuthority(folder);
  const server = await authority.issue('server', { cn: 'postgres', names });
  const wxa_owner = await authority.issue('wxa_owner', { cn: 'wxa_owner' });
  const clients = { wxa_owner, wxa_app: await authority.issue('wxa_app', { cn: 'wxa_app' }) };
  const hba = join(folder, 'hba.conf');
  const rules = [
    `hostssl all ${ROLES.join(',')} all cert`,
    `host all ${passwordRoles.join(',')} all scram-sha-256`,
  ];
  await writeFile(hba, `${rules.join('\n')}\n`);
  return {
    authority,
    clients,
    settings: {
      ssl: 'on',
      ssl_ca_file: authority.ca,
      ssl_cert_file: server.cert,
      ssl_key_file: server.key,
      hba_file: hba,
    },
    urlOf: (role, superuser) => {
      const url = new URL(superuser);
      url.username = role;
      url.password = '';
      const { cert, key } = clients[role];
      const tls = { sslmode: 'verify-full', sslrootcert: authority.ca, sslcert: cert, sslkey: key };
      url.search = new URLSearchParams(tls).toString();
      return url.href;
    },
  };
}

/** Creates the roles that are missing and gives the database to its owner. */
export async function createRoles(superuser: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuser });
  await client.connect();
  try {
    const { rows } = await client.query('select rolname from pg_roles where rolname = any($1)', [ROLES]);
    const missing = ROLES.filter((role) => !rows.some(({ rolname }) => rolname === role));
    for (const role of missing) await client.query(`create role ${role} login`);
    const database = new URL(superuser).pathname.slice(1);
    await client.query(`alter database ${pg.escapeIdentifier(database)} owner to wxa_owner`);
  } finally {
    await client.end();
  }
}
