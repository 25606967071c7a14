import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { finishRestore, RestoreRefusedError, RestoreSession, restoreTools } from '@wxa/restore';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { RestoredServer } from '../history/restored-server.js';
import { wxa } from '../wxa.js';

let postgres: RestoredServer;
let pool: pg.Pool;
let session: RestoreSession;
beforeAll(async () => {
  postgres = await RestoredServer.create();
  await wxa(['migrate'], { DATABASE_URL: postgres.url });
  pool = new pg.Pool({ connectionString: postgres.url });
  // The server is stopped while connections are idle.
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

beforeEach(async () => {
  await pool.query('delete from leases');
  session = await RestoreSession.open(pool, { dryRun: false });
  await session.begin();
});

const finish = () =>
  finishRestore(
    restoreTools({ session, since: new Date(), onProgress: () => undefined }),
    { by: { caller: null, onBehalfOf: null, peer: null }, onRecorded: () => undefined },
    ['wxa/release'],
  );

const behind = async () => (await pool.query('select behind from history_state')).rows;

/** Kills a process of Postgres: the others end, and their server recovers without a new start time. */
async function crashBackend(): Promise<void> {
  // The server does not force its WAL to disk.
  await pool.query('checkpoint');
  const client = await pool.connect();
  client.on('error', () => undefined);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
  await eventually(() =>
    client
      .query('select 1')
      .then(() => false)
      .catch(() => true),
  );
  client.release(true);
  await eventually(() =>
    pool
      .query('select 1')
      .then(() => true)
      .catch(() => false),
  );
}

it('A restore during which a process of Postgres crashes is rejected, and leaves Postgres behind', async () => {
  await session.transaction(async () => undefined);
  await crashBackend();
  expect((await pool.query('select from restore_events')).rowCount).toBe(0);
  await expect(session.transaction(async () => undefined)).rejects.toBeInstanceOf(RestoreRefusedError);
  await expect(finish()).rejects.toThrow(
    /^Postgres crashed, restarted or was replaced meanwhile: run .* again$/,
  );
  expect(await behind()).toEqual([{ behind: true }]);
});

it('A restore during which Postgres is restarted is rejected, although what it staged is kept', async () => {
  await postgres.snapshot();
  expect((await pool.query('select from restore_events')).rowCount).toBe(1);
  await expect(session.transaction(async () => undefined)).rejects.toBeInstanceOf(RestoreRefusedError);
  await expect(finish()).rejects.toBeInstanceOf(RestoreRefusedError);
  expect(await behind()).toEqual([{ behind: true }]);
});

it('A restore on one server ends with Postgres verified and nothing staged', async () => {
  await finish();
  await session.transaction(async () => undefined);
  expect((await pool.query('select from restore_events')).rowCount).toBe(0);
  expect(await behind()).toEqual([{ behind: false }]);
});

it('A restore ends the access tokens of the backup, of which later ones were handed out, and keeps the refresh tokens', async () => {
  await pool.query(
    `insert into authorizers (appid, state, refresh_token, access_token) values ('wx1', 'AUTHORIZED', 'r', 'a')`,
  );
  await pool.query(`insert into components (appid, ticket, access_token) values ('wx2', 't', 'a')`);
  await finish();
  const rows = (table: string, kept: string) =>
    pool.query(`select ${kept} as kept, access_token from ${table}`);
  expect((await rows('authorizers', 'refresh_token')).rows).toEqual([{ kept: 'r', access_token: null }]);
  expect((await rows('components', 'ticket')).rows).toEqual([{ kept: 't', access_token: null }]);
});
