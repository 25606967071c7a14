import { randomBytes } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { AuthorizersClient, CodeManagementClient, OperationsClient, PlatformClient } from '@wxa/contracts';
import { Child } from '@wxa/stack';
import { Store } from '@wxa/store';
import { kill, startAgain } from '../app-steps.js';
import { newAppid } from '../appid.js';
import { attemptWithin } from '../attempt-within.js';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { authorized, rowsOf, trailActions } from '../gateway/trail-actions.js';
import { useGateway } from '../gateway/use-gateway.js';
import { CLI } from '../wxa.js';

const KEYS = [randomBytes(32), randomBytes(32)] as const;
const SETTINGS = {
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: KEYS[0].toString('base64'),
};

const { backends, gateway, database } = useGateway(SETTINGS);
let store: Store;
beforeAll(async () => {
  const noAudits = () => Promise.reject(new Error('no audits here')) as never;
  store = await Store.open({ url: backends.databaseUrl }, { writer: 'release-worker', toEvent: noAudits });
});
afterAll(() => store?.close());

const COMMIT = 4711;
beforeAll(async () => {
  await database.rows(`create function wait_for_test() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(${COMMIT}); return null; end $$`);
  await database.rows(`create constraint trigger held after insert on trail deferrable initially deferred
    for each row execute function wait_for_test()`);
});

const ACTIONS = trailActions({ gateway, database, store: () => store, key: KEYS[0] });

/** Keeps processes waiting until it is released: with their insert into the trail, or with the commit that they have sent. */
async function block(step: keyof typeof STEPS) {
  const { lock, waiting } = STEPS[step];
  const release = await database.hold(lock);
  return { release, blocked: () => eventually(async () => (await database.rows(waiting)).length === 1) };
}
const STEPS = {
  insert: {
    lock: 'lock table trail in exclusive mode',
    waiting: `${BLOCKED} and wait_event = 'relation'`,
  },
  commit: {
    lock: `select pg_advisory_xact_lock(${COMMIT})`,
    waiting: `${BLOCKED} and wait_event = 'advisory'`,
  },
};

/** A process that is killed leaves its transaction open until Postgres notices. */
const idle = () =>
  eventually(async () => {
    const open = `select from pg_locks where relation = 'trail'::regclass and mode = 'RowExclusiveLock'
      and database = (select oid from pg_database where datname = current_database())`;
    return (await database.rows(open)).length === 0;
  });

async function restart(): Promise<void> {
  await startAgain(gateway.app);
  // The old ones wait longer before each new connection.
  const { code, operations, authorizers, platform } = gateway;
  for (const client of [code, operations, authorizers, platform]) client.close();
  gateway.code = new CodeManagementClient(gateway.grpc, credentials.createInsecure());
  gateway.operations = new OperationsClient(gateway.grpc, credentials.createInsecure());
  gateway.authorizers = new AuthorizersClient(gateway.grpc, credentials.createInsecure());
  gateway.platform = new PlatformClient(gateway.grpc, credentials.createInsecure());
}

describe.each(ACTIONS)('$action', ({ action, prepare, act }) => {
  it(`${action} leaves one row if the gateway is killed before its commit and, at the next call, during it`, async () => {
    const subject = await prepare();
    for (const [step, rows] of [
      ['insert', 0],
      ['commit', 1],
    ] as const) {
      // Postgres ends a statement of an accept after 4.5 s.
      await attemptWithin(4_000, async () => {
        if (!gateway.app.running) await restart();
        const { release, blocked } = await block(step);
        const lost = act(subject).catch((error: unknown) => error);
        await blocked().finally(async () => {
          await kill(gateway.app);
          await lost;
          await release();
        });
        await idle();
        expect(await rowsOf(database, action, subject)).toHaveLength(rows);
      });
      await restart();
    }
  });
});

const API = 'wxa/submit_audit';
const EVENT = 'quarantined.completed';
const RECHECKED = newAppid();

/** A command that leaves a row in the trail. */
interface TrailCommand {
  action: string;
  /** Returns what the row is about. */
  prepare(): Promise<string>;
  args: string[];
  env?: Record<string, string>;
  /** Rows that it leaves if it runs once more after it was killed; by default 1. */
  effects?: number;
}

const COMMANDS: TrailCommand[] = [
  {
    action: 'api.resumed',
    prepare: async () => {
      await store.limits.stop(API, 85085, 'used up');
      return API;
    },
    args: ['quota', 'lift', API],
  },
  {
    action: 'api.stopped',
    prepare: async () => API,
    args: ['quota', 'stop', API, '--until', '2999-01-01T00:00:00Z', '--reason', 'broken'],
    effects: 2,
  },
  {
    action: 'rate.changed',
    prepare: async () => API,
    args: ['quota', 'rate', API, '20'],
    effects: 2,
  },
  {
    action: 'events.released',
    prepare: async () => {
      await database.rows(
        `insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
         values ('release-worker', 1, 'wxa.code.audits.v1', $1, 'wxa.code.v1.Test', 'test', '', now(), '', '{}', 'TOO_LARGE')`,
        [EVENT],
      );
      return EVENT;
    },
    args: ['outbox', 'release', EVENT],
  },
  {
    action: 'authorizers.rechecked',
    prepare: async () => {
      await authorized(store, KEYS[0], RECHECKED);
      await database.rows(
        `update authorizers set state = 'NEEDS_AUTHORIZATION', last_error_at = now() where appid = $1`,
        [RECHECKED],
      );
      return RECHECKED;
    },
    args: ['authorizers', 'recheck', RECHECKED],
    effects: 2,
  },
  {
    action: 'secrets.rotated',
    prepare: async () => {
      await authorized(store, KEYS[0]);
      return new Secrets(KEYS[1]).keyId;
    },
    args: ['secrets', 'rotate'],
    env: { SECRETS_KEY: KEYS[1].toString('base64'), SECRETS_KEY_PREVIOUS: KEYS[0].toString('base64') },
  },
];

describe.each(COMMANDS)('wxa $args', ({ action, prepare, args, env, effects = 1 }) => {
  const run = () =>
    Child.start({
      name: action,
      command: process.execPath,
      args: [CLI, ...args],
      env: { ...process.env, DATABASE_URL: backends.databaseUrl, ...env },
      logFile: gateway.app.logFile,
    });

  it(`${action} leaves one row for each effect if the command is killed before its commit, during it, and run again`, async () => {
    const subject = await prepare();
    const before = (await rowsOf(database, action, subject)).length;
    for (const [step, more] of [
      ['insert', 0],
      ['commit', 1],
    ] as const) {
      const { release, blocked } = await block(step);
      const killed = await run();
      await blocked();
      killed.kill('SIGKILL');
      await killed.exited;
      await release();
      await idle();
      expect(await rowsOf(database, action, subject)).toHaveLength(before + more);
    }
    await (await run()).exited;
    const rows = await rowsOf(database, action, subject);
    const row = { caller: expect.stringMatching(/^cli:.+@.+$/), peer: null };
    expect(rows).toMatchObject(Array(before + effects).fill(row));
  });
});
