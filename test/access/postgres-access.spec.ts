import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SchemaBehindError } from '@wxa/postgres';
import { databaseConnection, type TlsFiles, watchTlsFiles } from '@wxa/service';
import {
  createAuthority,
  type Folder,
  type Postgres,
  type PostgresSecurity,
  postgresSecurity,
  startPostgres,
  temporaryFolder,
} from '@wxa/stack';
import { Store } from '@wxa/store';
import pg from 'pg';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { newBackends, startGateway } from '../gateway/running-gateway.js';
import { event, NIL_UUID } from '../store/scratch-store.js';
import { wxa } from '../wxa.js';

const DATABASE = 'wxa_secure';
const PUBLISHER = { writer: 'gateway', toEvent: () => event('', '') } as const;
const failOnError = (error: Error) => {
  throw error;
};

const watches: TlsFiles[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
});
const watched = (files: TlsFiles): TlsFiles => {
  watches.push(files);
  return files;
};

/** The store of an app with these settings. */
function open(url: string, applicationName: string, more: object = {}): Promise<Store> {
  const defaults = { DATABASE_URL: url, DATABASE_POOL_SIZE: 10, DATABASE_MAX_LIFETIME_S: 1800 };
  const options = databaseConnection({ ...defaults, ...more }, applicationName, failOnError);
  if (options.tls) watched(options.tls);
  return Store.open(options, PUBLISHER);
}

/** Lets wxa_owner and wxa_app in by client certificates, and wxa and wxa_password by passwords. */
let server: Postgres;
let security: PostgresSecurity;
let folder: Folder;
/** By a name of the server's certificate, which has no IP address. */
let host: string;
let admin: pg.Pool;
beforeAll(async () => {
  folder = await temporaryFolder('secure-postgres');
  const passwordRoles = ['wxa', 'wxa_password'];
  security = await postgresSecurity(folder.path, { names: ['DNS:localhost'], passwordRoles });
  server = await startPostgres({ durable: false, settings: security.settings });
  host = `localhost:${server.port}`;
  const root = new pg.Client({ connectionString: server.url });
  await root.connect();
  for (const role of ['wxa_owner', 'wxa_app', 'wxa_password', 'wxa_later'])
    await root.query(`create role ${role} login password 'first'`);
  await root.query(`create database ${DATABASE} owner wxa_owner`);
  await root.end();
  admin = new pg.Pool({ connectionString: server.url.replace(/[^/]+$/, DATABASE), max: 1 });
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  await folder?.release();
});

/** The URL of a role that authenticates by its certificate. */
const urlOf = (role: 'wxa_owner' | 'wxa_app') => security.urlOf(role, `postgres://${host}/${DATABASE}`);

const migrate = (...args: string[]) => wxa(['migrate', ...args], { DATABASE_URL: urlOf('wxa_owner') });

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
    const opened = open(urlOf('wxa_app'), 'test');
    await expect(opened).rejects.toThrow(SchemaBehindError);
    expect(await rows(`select from pg_class where relname = 'migrations'`)).toEqual([]);
  });

  it('wxa migrate as wxa_owner gives wxa_app the rows of all tables, and of the trail only reading and adding', async () => {
    expect(await migrate()).toMatchObject({ code: 0, out: expect.stringContaining('migrations run') });
    expect(await privileges('wxa_app', 'operations')).toEqual(['select', 'insert', 'update', 'delete']);
    expect(await privileges('wxa_app', 'migrations')).toEqual(['select']);
    expect(await privileges('wxa_app', 'trail')).toEqual(['select', 'insert']);
    expect(await privileges('wxa_app', 'policies')).toEqual(['select', 'insert']);
    await rows('grant all on trail to wxa_app');
    expect(await migrate()).toMatchObject({ code: 0, out: 'schema is up to date\n' });
    expect(await privileges('wxa_app', 'trail')).toEqual(['select', 'insert']);
  });

  it('wxa migrate --grant gives the tables to a later role, which keeps getting new ones', async () => {
    const err = '--grant: the role nobody-there does not exist: create it first\n';
    expect(await migrate('--grant', 'nobody-there')).toMatchObject({ code: 1, err });
    expect(await migrate('--grant', 'wxa_later')).toMatchObject({ code: 0 });
    await rows('create table later (id int); alter table later owner to wxa_owner');
    await migrate();
    expect(await privileges('wxa_later', 'later')).toEqual(['select', 'insert', 'update', 'delete']);
  });

  it('A gateway with nothing but the privileges of wxa_app is ready, over verified TLS and under its own name', async () => {
    const databaseUrl = urlOf('wxa_app');
    const gateway = await startGateway({ ...(await newBackends()), databaseUrl });
    const found = await rows(`select distinct usename, ssl from pg_stat_ssl join pg_stat_activity using (pid)
      where application_name = 'wxa-gateway'`);
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    await gateway.stop();
    expect(found).toEqual([{ usename: 'wxa_app', ssl: true }]);
    expect(metrics).not.toContain('postgres_owner');
  });
});

describe('TLS to PostgreSQL', () => {
  const otherCa = async () => (await createAuthority(join(folder.path, 'other'))).ca;
  it.each([
    ['of another authority', otherCa, 'localhost', /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_.*)$/],
    ['with another name', async () => security.authority.ca, '127.0.0.1', /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ])('The store does not connect to a server whose certificate is %s', async (_name, ca, name, code) => {
    const { cert, key } = security.clients.wxa_app;
    const tls = watched(watchTlsFiles({ ca: await ca(), cert, key }, failOnError));
    const url = `postgres://wxa_app@${name}:${server.port}/${DATABASE}`;
    await expect(Store.open({ url, tls }, PUBLISHER)).rejects.toMatchObject({
      code: expect.stringMatching(code),
    });
  });

  it('Every pool uses a new client certificate for its next connections', async () => {
    const client = await security.authority.issue('rotated', { cn: 'wxa_app' });
    const tls = watched(watchTlsFiles({ ca: security.authority.ca, ...client }, failOnError, 50));
    const url = `postgres://wxa_app@${host}/${DATABASE}`;
    const store = await Store.open({ url, tls, applicationName: 'rotating' }, PUBLISHER);
    const { probe, operations, outbox, leases } = store;
    const list = () => operations.list({ appid: undefined, limit: 1 });
    const hold = () => leases.hold('test', NIL_UUID, 1);
    const useEveryPool = () =>
      Promise.all([probe.check(), operations.find(NIL_UUID), list(), outbox.quarantined(), hold()]);
    await useEveryPool();
    const before = await serials('rotating');
    expect(before).toHaveLength(1);
    const changed = new Promise<void>((resolve) => tls.onChange(() => resolve()));
    await security.authority.issue('rotated', { cn: 'wxa_app' });
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

it('Every pool reads the password for each new connection, and keeps the last one while the file is missing', async () => {
  await rows('grant wxa_app to wxa_password');
  const path = join(folder.path, 'password');
  await writeFile(path, 'first\n');
  const url = `postgres://wxa_password@${host}/${DATABASE}`;
  const store = await open(url, 'password', { DATABASE_PASSWORD_FILE: path });
  const useTwoPools = () => Promise.all([store.outbox.quarantined(), store.operations.find(NIL_UUID)]);
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

describe('the settings DATABASE_HOST, DATABASE_PASSWORD, …', () => {
  const PASSWORD = 'p@ss/w#rd?100%';
  const parts = (more: object) => ({
    ...{ DATABASE_HOST: '127.0.0.1', DATABASE_PORT: String(server.port), DATABASE_NAME: DATABASE },
    ...{ DATABASE_USER: 'wxa_password', DATABASE_PASSWORD: PASSWORD },
    ...more,
  });
  const listQuotas = async (env: Record<string, string>) => {
    const { code, err } = await wxa(['quota', 'list'], env);
    return { code, err };
  };
  beforeAll(async () => {
    await rows('grant wxa_app to wxa_password');
    await rows(`alter role wxa_password password '${PASSWORD}'`);
  });

  it('A command connects with a password that no URL could have', async () => {
    expect(await listQuotas(parts({}))).toEqual({ code: 0, err: '' });
  });

  it.each([
    [{ DATABASE_PASSWORD: 'x' }, 'DATABASE_USER, DATABASE_PASSWORD: Postgres: authentication failed (28P01)'],
    [{ DATABASE_NAME: 'none' }, 'DATABASE_NAME: Postgres: the database does not exist (3D000)'],
    [{ DATABASE_HOST: 'p4rt.invalid' }, 'DATABASE_HOST, DATABASE_PORT: Postgres: cannot connect (ENOTFOUND)'],
    [{ DATABASE_PORT: '1' }, 'DATABASE_HOST, DATABASE_PORT: Postgres: cannot connect (ECONNREFUSED)'],
  ])('A command with the wrong %j names the setting in one line', async (more, line) => {
    const code = line.includes('cannot connect') ? 69 : 78;
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

it('Every connection that does not listen is replaced after its lifetime, and statements succeed meanwhile', async () => {
  const url = urlOf('wxa_app');
  const store = await open(url, 'lifetime', { DATABASE_MAX_LIFETIME_S: 1 });
  const sql = `select pid from pg_stat_activity where application_name = 'lifetime' and query not ilike 'listen %'`;
  const inUse = async () => {
    await store.instances.workers();
    const found = (await rows<{ pid: number }>(sql)).map(({ pid }) => pid);
    // The lifetime of a connection may end before it is seen.
    return found.length > 0 && found;
  };
  const before = await eventually(inUse);
  await eventually(async () => {
    const now = await inUse();
    return now && before.every((pid) => !now.includes(pid));
  });
  await store.close();
});
