import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseConnection, type TlsFiles, watchTlsFiles } from '@wxa/service';
import { createAuthority } from '@wxa/stack';
import { SchemaBehindError, Store } from '@wxa/store';
import pg from 'pg';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { newBackends, startGateway } from '../gateway/running-gateway.js';
import { event } from '../store/scratch-store.js';
import { type SecurePostgres, startSecurePostgres, urlOf } from './secure-postgres.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const DATABASE = 'wxa_secure';
const PUBLISHER = { writer: 'gateway', toEvent: () => event('', '') } as const;
const failOnError = (error: Error) => {
  throw error;
};

const watches: TlsFiles[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
});

function watched(files: TlsFiles): TlsFiles {
  watches.push(files);
  return files;
}

let postgres: SecurePostgres;
let admin: pg.Pool;
beforeAll(async () => {
  postgres = await startSecurePostgres();
  const root = new pg.Client({ connectionString: postgres.server.url });
  await root.connect();
  for (const role of ['wxa_owner', 'wxa_app', 'wxa_password', 'wxa_later'])
    await root.query(`create role ${role} login password 'first'`);
  await root.query(`create database ${DATABASE} owner wxa_owner`);
  await root.end();
  admin = new pg.Pool({ connectionString: postgres.server.url.replace(/[^/]+$/, DATABASE), max: 1 });
}, 60_000);
afterAll(async () => {
  await admin?.end();
  await postgres?.stop();
}, 30_000);

async function migrate(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, DATABASE_URL: urlOf(postgres, 'wxa_owner', DATABASE) };
  const done = await promisify(execFile)(process.execPath, [CLI, 'migrate', ...args], { env }).catch(
    (e) => e,
  );
  return { code: (done.code ?? 0) as number, out: `${done.stdout}${done.stderr}` };
}

async function rows<T extends object>(sql: string): Promise<T[]> {
  return (await admin.query<T>(sql)).rows;
}

const privileges = async (role: string, table: string) => {
  const sql = `select p from unnest(array['select', 'insert', 'update', 'delete']) p
    where has_table_privilege('${role}', '${table}', p)`;
  return (await rows<{ p: string }>(sql)).map(({ p }) => p);
};

const serials = async (name: string) => {
  const sql = `select distinct client_serial::text as serial from pg_stat_ssl join pg_stat_activity using (pid)
    where application_name = '${name}'`;
  return (await rows<{ serial: string }>(sql)).map(({ serial }) => serial);
};

const disconnect = (name: string) =>
  rows(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`);

describe('the roles of PostgreSQL', () => {
  it('An app without the right to create tables finds an empty database behind and creates nothing in it', async () => {
    const options = databaseConnection(settingsOf(urlOf(postgres, 'wxa_app', DATABASE)), 'test', failOnError);
    if (options.tls) watched(options.tls);
    await expect(Store.open(options, PUBLISHER)).rejects.toThrow(SchemaBehindError);
    expect(await rows(`select from pg_class where relname = 'migrations'`)).toEqual([]);
  });

  it('wxa migrate as wxa_owner gives wxa_app the rows of all tables, and of the trail only reading and adding', async () => {
    expect(await migrate()).toMatchObject({ code: 0, out: expect.stringContaining('migrations run') });
    expect(await privileges('wxa_app', 'operations')).toEqual(['select', 'insert', 'update', 'delete']);
    expect(await privileges('wxa_app', 'migrations')).toEqual(['select']);
    expect(await privileges('wxa_app', 'trail')).toEqual(['select', 'insert']);
    expect(await privileges('wxa_app', 'policies')).toEqual(['select', 'insert']);
    await rows('grant all on trail to wxa_app');
    expect(await migrate()).toEqual({ code: 0, out: 'schema is up to date\n' });
    expect(await privileges('wxa_app', 'trail')).toEqual(['select', 'insert']);
  }, 60_000);

  it('wxa migrate --grant gives the tables to a later role, which keeps getting new ones', async () => {
    expect(await migrate('--grant', 'nobody-there')).toEqual({
      code: 1,
      out: '--grant: the role nobody-there does not exist: create it first\n',
    });
    expect(await migrate('--grant', 'wxa_later')).toMatchObject({ code: 0 });
    await rows('create table later (id int); alter table later owner to wxa_owner');
    await migrate();
    expect(await privileges('wxa_later', 'later')).toEqual(['select', 'insert', 'update', 'delete']);
  }, 60_000);

  it('A gateway with nothing but the privileges of wxa_app is ready, over verified TLS and under its own name', async () => {
    const databaseUrl = urlOf(postgres, 'wxa_app', DATABASE);
    const gateway = await startGateway({ ...(await newBackends()), databaseUrl });
    const found = await rows(
      `select distinct usename, ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'wxa-gateway'`,
    );
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    await gateway.stop();
    expect(found).toEqual([{ usename: 'wxa_app', ssl: true }]);
    expect(metrics).not.toContain('postgres_owner');
  }, 60_000);
});

describe('TLS to PostgreSQL', () => {
  const otherCa = async () => (await createAuthority(join(postgres.folder, 'other'))).ca;
  it.each([
    [
      'of another authority',
      otherCa,
      'localhost',
      /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/,
    ],
    ['with another name', async () => postgres.authority.ca, '127.0.0.1', /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ])('The store does not connect to a server whose certificate is %s', async (_name, ca, host, code) => {
    const { cert, key } = postgres.clients.wxa_app;
    const tls = watched(watchTlsFiles({ ca: await ca(), cert, key }, failOnError));
    const url = `postgres://wxa_app@${host}:${postgres.server.port}/${DATABASE}`;
    await expect(Store.open({ url, tls }, PUBLISHER)).rejects.toMatchObject({
      code: expect.stringMatching(code),
    });
  });

  it('Every pool uses a new client certificate for its next connections', async () => {
    const client = await postgres.authority.issue('rotated', { cn: 'wxa_app' });
    const tls = watched(watchTlsFiles({ ca: postgres.authority.ca, ...client }, failOnError, 50));
    const url = `postgres://wxa_app@${postgres.host}/${DATABASE}`;
    const store = await Store.open({ url, tls, applicationName: 'rotating' }, PUBLISHER);
    const useEveryPool = () =>
      Promise.all([
        store.probe.check(),
        store.operations.find('01900000-0000-7000-8000-000000000000'),
        store.operations.list({ appid: undefined, limit: 1 }),
        store.outbox.quarantined(),
        store.leases.hold('test', '01900000-0000-7000-8000-000000000000', 1),
      ]);
    await useEveryPool();
    const before = await serials('rotating');
    expect(before).toHaveLength(1);
    const changed = new Promise<void>((resolve) => tls.onChange(() => resolve()));
    await postgres.authority.issue('rotated', { cn: 'wxa_app' });
    await changed;
    await disconnect('rotating');
    // Postgres shows a connection until its process has ended.
    await eventually(async () => {
      await useEveryPool();
      const after = await serials('rotating');
      expect(after).toHaveLength(1);
      expect(after).not.toEqual(before);
    });
    await store.close();
  });
});

describe('DATABASE_PASSWORD_FILE', () => {
  it('Every pool reads the password for each new connection, and keeps the last one while the file is missing', async () => {
    await rows('grant wxa_app to wxa_password');
    const path = join(postgres.folder, 'password');
    await writeFile(path, 'first\n');
    const settings = {
      ...settingsOf(`postgres://wxa_password@${postgres.host}/${DATABASE}`),
      DATABASE_PASSWORD_FILE: path,
    };
    const store = await Store.open(databaseConnection(settings, 'password', failOnError), PUBLISHER);
    const useTwoPools = () =>
      Promise.all([
        store.outbox.quarantined(),
        store.operations.find('01900000-0000-7000-8000-000000000000'),
      ]);
    await useTwoPools();
    await rows(`alter role wxa_password password 'second'`);
    await writeFile(path, 'second\n');
    await disconnect('password');
    await eventually(useTwoPools);
    await writeFile(path, '');
    await disconnect('password');
    await eventually(useTwoPools);
    await store.close();
  });
});

describe('the settings DATABASE_HOST, DATABASE_PASSWORD, …', () => {
  const PASSWORD = 'p@ss/w#rd?100%';
  const parts = (more: Record<string, string>) => ({
    ...{ DATABASE_HOST: '127.0.0.1', DATABASE_PORT: String(postgres.server.port), DATABASE_NAME: DATABASE },
    ...{ DATABASE_USER: 'wxa_password', DATABASE_PASSWORD: PASSWORD },
    ...more,
  });
  const listQuotas = async (env: Record<string, string>) => {
    const done = await promisify(execFile)(process.execPath, [CLI, 'quota', 'list'], { env }).catch((e) => e);
    return { code: (done.code ?? 0) as number, err: done.stderr as string };
  };
  beforeAll(async () => {
    await rows('grant wxa_app to wxa_password');
    await rows(`alter role wxa_password password '${PASSWORD}'`);
  });

  it('A command connects with a password that no URL could have', async () => {
    expect(await listQuotas(parts({}))).toEqual({ code: 0, err: '' });
  });

  it.each<[string, Record<string, string>, number, string]>([
    [
      'a wrong password',
      { DATABASE_PASSWORD: 'x' },
      78,
      'DATABASE_USER, DATABASE_PASSWORD: Postgres: authentication failed (28P01)',
    ],
    [
      'an unknown database',
      { DATABASE_NAME: 'none' },
      78,
      'DATABASE_NAME: Postgres: the database does not exist (3D000)',
    ],
    [
      'an unknown host',
      { DATABASE_HOST: 'p4rt.invalid' },
      69,
      'DATABASE_HOST, DATABASE_PORT: Postgres: cannot connect (ENOTFOUND)',
    ],
    [
      'no server',
      { DATABASE_PORT: '1' },
      69,
      'DATABASE_HOST, DATABASE_PORT: Postgres: cannot connect (ECONNREFUSED)',
    ],
  ])('A command with %s names the setting in one line', async (_case, more, code, line) => {
    expect(await listQuotas(parts(more))).toEqual({ code, err: `${line}\n` });
  });

  it('A part of a password that is taken for the host is not printed', async () => {
    const { err } = await listQuotas({ DATABASE_URL: 'postgres://p4rt.invalid/w' });
    expect(err).toBe('DATABASE_URL: Postgres: cannot connect (ENOTFOUND)\n');
  });

  it('A gateway with a wrong password logs that the authentication failed', async () => {
    const { DATABASE_HOST, DATABASE_PORT, DATABASE_USER } = parts({});
    const databaseUrl = `postgres://${DATABASE_USER}:x@${DATABASE_HOST}:${DATABASE_PORT}/${DATABASE}`;
    const gateway = await startGateway({ ...(await newBackends()), databaseUrl }, {}, { waitReady: false });
    await eventually(async () => {
      const lines = await logged(gateway.app, 'waiting');
      expect(lines).toMatchObject([{ for: 'Postgres', reason: 'authentication failed' }]);
    });
    await gateway.stop();
  });
});

describe('DATABASE_MAX_LIFETIME_S', () => {
  it('Every connection that does not listen is replaced after its lifetime, and statements succeed meanwhile', async () => {
    const settings = { ...settingsOf(urlOf(postgres, 'wxa_app', DATABASE)), DATABASE_MAX_LIFETIME_S: 1 };
    const options = databaseConnection(settings, 'lifetime', failOnError);
    if (options.tls) watched(options.tls);
    const store = await Store.open(options, PUBLISHER);
    const pids = async () => {
      const found = await rows<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'lifetime' and query not ilike 'listen %'`,
      );
      return found.map(({ pid }) => pid);
    };
    // The lifetime of a connection may end before it is seen.
    let before: number[] = [];
    await eventually(async () => {
      await store.instances.workers();
      before = await pids();
      return before.length > 0;
    });
    await eventually(async () => {
      await store.instances.workers();
      const now = await pids();
      return now.length > 0 && before.every((pid) => !now.includes(pid));
    });
    await store.close();
  });
});

function settingsOf(DATABASE_URL: string) {
  return { DATABASE_URL, DATABASE_POOL_SIZE: 10, DATABASE_MAX_LIFETIME_S: 1800 };
}
