import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthorizersClient,
  CodeManagementClient,
  ImportAuthorizerRequest,
  OperationsClient,
  PlatformClient,
  RemoveAuthorizerRequest,
  Resolution,
  UndoAuditRequest,
} from '@wxa/contracts';
import { Child } from '@wxa/stack';
import { Secrets, Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { type CallSettings, call, refusalOf } from './calls.js';
import { newAppid, operationCalls } from './operation-calls.js';
import { trailCommands } from './trail-commands.js';
import { useGateway } from './use-gateway.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const KEYS = [randomBytes(32), randomBytes(32)] as const;
const SETTINGS = {
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: KEYS[0].toString('base64'),
};
/** 王小明 */
const PERSON = { headers: { 'wxa-on-behalf-of': '%E7%8E%8B%E5%B0%8F%E6%98%8E' } };

const { backends, gateway, database } = useGateway(SETTINGS);
const { ops, commit } = operationCalls(gateway);
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

/** One action: `prepare` returns what it is about, and `act` runs it in a process that can be killed. */
interface Action {
  action: string;
  prepare(): Promise<string>;
  act(subject: string, settings?: CallSettings): Promise<unknown>;
}

const authorize = async (appid: string) => {
  const refreshToken = `refreshtoken@@@${appid}`;
  const given = { refreshToken, accessToken: 'a', grantedMs: 7_200_000 };
  await store.tokens(new Secrets(KEYS[0])).keepImported({ appid, refreshToken }, given);
  return appid;
};

/** An accepted operation of a mini-program that is authorized. */
const accepted = async () => (await commit(await authorize(newAppid()))).id;

/** An API for each test of LiftApiStop. */
const STOPPED = ['wxa/release', 'wxa/speedupaudit'];

const GATEWAY: Action[] = [
  {
    action: 'operation.cancelled',
    prepare: accepted,
    act: (id, settings) => call(ops(), ops().cancelOperation, { id, reason: '' }, settings),
  },
  {
    action: 'operation.resolved',
    prepare: async () => {
      const id = await accepted();
      await database.rows(`update operations set state = 'IN_DOUBT' where id = $1`, [id]);
      return id;
    },
    act: (id, settings) => {
      const resolution = Resolution.RESOLUTION_NOT_DONE;
      const request = { id, resolution, resolvedBy: 'op', reason: 'asked WeChat', auditId: 0n };
      return call(ops(), ops().resolveOperation, request, settings);
    },
  },
  {
    action: 'authorizer.removed',
    prepare: () => authorize(newAppid()),
    act: (appid, settings) =>
      call(
        gateway.authorizers,
        gateway.authorizers.removeAuthorizer,
        RemoveAuthorizerRequest.create({ appid }),
        settings,
      ),
  },
  {
    action: 'authorizer.labelled',
    prepare: () => authorize(newAppid()),
    act: (appid, settings) =>
      call(
        gateway.authorizers,
        gateway.authorizers.setAuthorizerLabels,
        { appid, labels: ['餐饮'] },
        settings,
      ),
  },
  {
    action: 'api.resumed',
    prepare: async () => {
      const api = STOPPED.pop() ?? '';
      await store.limits.stop(api, 85085, 'used up');
      return api;
    },
    act: (api, settings) =>
      call(
        gateway.platform,
        gateway.platform.liftApiStop,
        { api, onBehalfOf: '', reason: 'WeChat raised it' },
        settings,
      ),
  },
  {
    action: 'authorizer.imported',
    prepare: async () => newAppid(),
    // No worker runs, so the call ends at its deadline; its operation has been accepted by then.
    act: (appid, settings) =>
      refusalOf(
        call(
          gateway.authorizers,
          gateway.authorizers.importAuthorizer,
          ImportAuthorizerRequest.create({ appid, refreshToken: `refreshtoken@@@${appid}` }),
          { deadlineMs: 1_500, ...settings },
        ),
      ),
  },
];

/** The rows about an operation or a mini-program. */
const rowsOf = (action: string, subject: string) =>
  database.rows(
    `select t.*, o.method as accepted from trail t left join operations o on o.id = t.operation_id
     where t.action = $1 and ($2 in (t.appid, t.operation_id::text, t.detail ->> 'api', t.detail ->> 'keyId')
       or t.detail::jsonb -> 'appids' ? $2 or t.detail::jsonb -> 'events' ? $2)`,
    [action, subject],
  );

/** Keeps processes waiting until it is released: with their insert into the trail, or with the commit that they have sent. */
async function block(step: keyof typeof STEPS) {
  const { lock, waiting } = STEPS[step];
  const release = await database.hold(lock);
  return { release, blocked: () => eventually(async () => (await database.rows(waiting)).length === 1) };
}
const STEPS = {
  insert: {
    lock: 'lock table trail in exclusive mode',
    waiting: `select from pg_locks where relation = 'trail'::regclass and not granted`,
  },
  commit: {
    lock: `select pg_advisory_xact_lock(${COMMIT})`,
    waiting: `select from pg_locks where locktype = 'advisory' and not granted`,
  },
};

/** A process that is killed leaves its transaction open until Postgres notices. */
const idle = () =>
  eventually(async () => {
    const open = `select from pg_locks where relation = 'trail'::regclass and mode = 'RowExclusiveLock'`;
    return (await database.rows(open)).length === 0;
  });

async function kill(): Promise<void> {
  gateway.app.kill('SIGKILL');
  await gateway.app.exited;
}

async function restart(): Promise<void> {
  await gateway.app.start();
  await gateway.app.waitReady();
  // The old ones wait longer before each new connection.
  const { code, operations, authorizers, platform } = gateway;
  for (const client of [code, operations, authorizers, platform]) client.close();
  gateway.code = new CodeManagementClient(gateway.grpc, credentials.createInsecure());
  gateway.operations = new OperationsClient(gateway.grpc, credentials.createInsecure());
  gateway.authorizers = new AuthorizersClient(gateway.grpc, credentials.createInsecure());
  gateway.platform = new PlatformClient(gateway.grpc, credentials.createInsecure());
}

describe.each(GATEWAY)('$action', ({ action, prepare, act }) => {
  it(`${action} leaves one row and one log line with the person on whose behalf the caller acts`, async () => {
    const subject = await prepare();
    await act(subject, PERSON);
    const rows = await rowsOf(action, subject);
    expect(rows).toMatchObject([
      { action, caller: null, on_behalf_of: '王小明', peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    ]);
    await act(subject, PERSON).catch(() => undefined);
    // A second import is another accepted operation.
    expect(await rowsOf(action, subject)).toHaveLength(action === 'authorizer.imported' ? 2 : 1);
    const { length } = await rowsOf(action, subject);
    await eventually(async () => {
      const lines = (await readFile(gateway.app.logFile, 'utf8')).split('\n');
      const audited = lines.filter((line) => line.includes(subject) && line.includes('"audit":true'));
      expect(audited).toHaveLength(length);
    });
  });

  it(`${action} leaves one row if the gateway is killed before its commit and, at the next call, during it`, async () => {
    const subject = await prepare();
    for (const [step, rows] of [
      ['insert', 0],
      ['commit', 1],
    ] as const) {
      const { release, blocked } = await block(step);
      const lost = act(subject).catch((error: unknown) => error);
      await blocked();
      await kill();
      await lost;
      await release();
      await idle();
      expect(await rowsOf(action, subject)).toHaveLength(rows);
      await restart();
    }
  }, 60_000);
});

const COMMANDS = trailCommands({ database, store: () => store, authorize, keys: KEYS });

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
    const before = (await rowsOf(action, subject)).length;
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
      expect(await rowsOf(action, subject)).toHaveLength(before + more);
    }
    await (await run()).exited;
    const rows = await rowsOf(action, subject);
    const row = { caller: expect.stringMatching(/^cli:.+@.+$/), peer: null };
    expect(rows).toMatchObject(Array(before + effects).fill(row));
  });
});

describe('wxa-on-behalf-of', () => {
  it('An operation shows the person on whose behalf it was accepted, and GetOperation its request', async () => {
    const appid = await authorize(newAppid());
    const { id, requestId, ...accepted } = await call(
      gateway.code,
      gateway.code.undoAudit,
      UndoAuditRequest.fromPartial({ appid }),
      PERSON,
    );
    expect(accepted).toMatchObject({ onBehalfOf: '王小明', requestJson: '' });
    const found = await call(gateway.operations, gateway.operations.getOperation, { id, withRequest: true });
    expect(found.onBehalfOf).toBe('王小明');
    expect(JSON.parse(found.requestJson)).toEqual({ appid, requestId });
  });

  it.each([
    ['is not UTF-8', '%ff'],
    ['is empty', ''],
    ['has a line break', 'a%0Ab'],
    ['has 201 characters', 'x'.repeat(201)],
  ])(
    'A call whose wxa-on-behalf-of %s is rejected with INVALID_ARGUMENT, which names it',
    async (_, value) => {
      const appid = await authorize(newAppid());
      const headers = { 'wxa-on-behalf-of': value };
      const refused = call(gateway.code, gateway.code.undoAudit, UndoAuditRequest.fromPartial({ appid }), {
        headers,
      });
      expect(await refusalOf(refused)).toMatchObject({
        code: 'INVALID_ARGUMENT',
        violations: [{ field: 'wxa-on-behalf-of' }],
      });
    },
  );
});
