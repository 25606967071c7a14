import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, type Certificate, createAuthority, type Postgres, startPostgres } from '@wxa/stack';

/** A PostgreSQL that lets wxa_owner and wxa_app in by client certificates, and wxa and wxa_password by passwords. */
export interface SecurePostgres {
  server: Postgres;
  authority: Authority;
  folder: string;
  /** Host and port by a name of the server's certificate, which has no IP address. */
  host: string;
  clients: Record<'wxa_owner' | 'wxa_app', Certificate>;
  stop(): Promise<void>;
}

const HBA = `hostssl all wxa_owner,wxa_app all cert
host all wxa,wxa_password all scram-sha-256
`;

export async function startSecurePostgres(): Promise<SecurePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'wxa-secure-postgres-'));
  const authority = await createAuthority(folder);
  const own = await authority.issue('server', { cn: 'postgres', names: ['DNS:localhost'] });
  const hba = join(folder, 'hba.conf');
  await writeFile(hba, HBA);
  const server = await startPostgres({
    durable: false,
    settings: {
      ssl: 'on',
      ssl_ca_file: authority.ca,
      ssl_cert_file: own.cert,
      ssl_key_file: own.key,
      hba_file: hba,
    },
  });
  return {
    server,
    authority,
    folder,
    host: `localhost:${server.port}`,
    clients: {
      wxa_owner: await authority.issue('wxa_owner', { cn: 'wxa_owner' }),
      wxa_app: await authority.issue('wxa_app', { cn: 'wxa_app' }),
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The URL of a role that authenticates by its certificate. */
export function urlOf(
  { host, authority, clients }: SecurePostgres,
  role: 'wxa_owner' | 'wxa_app',
  database: string,
): string {
  const { cert, key } = clients[role];
  const tls = new URLSearchParams({
    sslmode: 'verify-full',
    sslrootcert: authority.ca,
    sslcert: cert,
    sslkey: key,
  });
  return `postgres://${role}@${host}/${database}?${tls}`;
}
