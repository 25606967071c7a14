import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, type PostgresSecurity, postgresSecurity, startPostgres } from '@wxa/stack';

/** A PostgreSQL that lets wxa_owner and wxa_app in by client certificates, and wxa and wxa_password by passwords. */
export interface SecurePostgres extends PostgresSecurity {
  server: Postgres;
  folder: string;
  /** Host and port by a name of the server's certificate, which has no IP address. */
  host: string;
  stop(): Promise<void>;
}

export async function startSecurePostgres(): Promise<SecurePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'wxa-secure-postgres-'));
  const passwordRoles = ['wxa', 'wxa_password'];
  const security = await postgresSecurity(folder, { names: ['DNS:localhost'], passwordRoles });
  const server = await startPostgres({ durable: false, settings: security.settings });
  return {
    ...security,
    server,
    folder,
    host: `localhost:${server.port}`,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The URL of a role that authenticates by its certificate. */
export function urlOf(
  postgres: SecurePostgres,
  role: Parameters<PostgresSecurity['urlOf']>[0],
  database: string,
): string {
  return postgres.urlOf(role, `postgres://${postgres.host}/${database}`);
}
