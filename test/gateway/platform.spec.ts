import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LiftApiStopRequest, PlatformStatus } from '@wxa/contracts';
import type { Store } from '@wxa/store';
import { newAppid } from '../appid.js';
import { refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { openStore } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway();
const { commit } = operationCalls(gateway);
let store: Store;
beforeAll(async () => {
  store = await openStore(backends);
});
afterAll(() => store?.close());

const status = () => gateway.rpc('getPlatformStatus', {});
const apiOf = ({ apis }: PlatformStatus, api: string) => apis.find((each) => each.api === api);
const lift = (request: Partial<LiftApiStopRequest>, headers = {}) =>
  gateway.rpc('liftApiStop', request, { headers });

/** An accepted Commit that waits until the stop of its API ends. */
async function delayed(api: string): Promise<string> {
  const { id } = await commit(newAppid());
  const delay = await store.operations.delayForApi({ id, api, partition: 0 });
  expect(delay).toEqual({ stopped: true, delayed: true });
  return id;
}

it('GetPlatformStatus counts audits, doubts, quarantined events, authorizers and rates, and has ages and the last quota', async () => {
  const before = await status();
  const doubt = await commit(newAppid());
  await database.rows(`update operations set state = 'IN_DOUBT' where id = $1`, [doubt.id]);
  await database.rows(
    `insert into audit_quota (component_appid, rest, "limit", speedup_rest, speedup_limit, observed_at)
       values ('wx', 0, 20, 0, 0, '2027-01-01T00:00:00Z')`,
  );
  await database.rows(
    `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, delayed_at)
       select gen_random_uuid(), 'wx', n, '1', case n when 3 then 'APPROVED' else 'OPEN' end, now(), case when n > 1 then now() end
       from generate_series(1, 3) n`,
  );
  await database.rows(
    `insert into components (appid, ticket_sent_at, access_token_at, access_token_until)
       values ('wx', now() - interval '1 hour', now() - interval '1 minute', now() + interval '1 hour')`,
  );
  await database.rows(
    `insert into authorizers (appid, state) values ('wx1', 'AUTHORIZED'), ('wx2', 'NEEDS_AUTHORIZATION')`,
  );
  await database.rows(
    `insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
       values ('release-worker', 1, 't', 'e', 'Test', 'test', '', now(), '', '{}', 'TOO_LARGE')`,
  );
  await database.rows(`insert into api_limits (api, rate) values ('*', 100), ('wxa/commit', 10)`);
  const found = await status();
  expect(found).toMatchObject({
    operationsInDoubt: before.operationsInDoubt + 1,
    operationsToResolve: before.operationsToResolve + 1,
    openAudits: before.openAudits + 2,
    delayedAudits: before.delayedAudits + 1,
    authorizers: { authorized: 1, needsAuthorization: 1, unauthorized: 0 },
    auditQuota: { quota: { rest: 0, limit: 20 }, time: new Date('2027-01-01T00:00:00Z') },
    outboxes: [{ app: 'gateway' }, { app: 'release-worker', quarantined: 1 }],
  });
  expect(Math.round(Number(found.ticketAge?.seconds) / 60)).toBe(60);
  expect(Math.round(Number(found.tokenAge?.seconds) / 60)).toBe(1);
  expect(apiOf(found, 'wxa/commit')).toMatchObject({ callsPerSecond: 9.65, setCallsPerSecond: 10 });
  expect(apiOf(found, 'wxa/release')).toMatchObject({ callsPerSecond: 96.5, setCallsPerSecond: undefined });
  expect(apiOf(found, '*')).toBe(undefined);
  await database.rows('truncate audit_quota, components, authorizers, outbox_refused, api_limits cascade');
});

it('LiftApiStop makes the operations that waited due and records caller, person and reason, once', async () => {
  await store.limits.stop('wxa/commit', 85085, 'used up');
  const id = await delayed('wxa/commit');
  expect(apiOf(await status(), 'wxa/commit')).toMatchObject({
    waitingOperations: 1,
    stop: {
      ...{ errcode: 85085, errmsg: 'used up', stoppedBy: '' },
      ...{ startTime: expect.any(Date), endTime: expect.any(Date) },
    },
  });
  const request = { api: 'wxa/commit', onBehalfOf: '王小明', reason: 'WeChat raised it' };
  const headers = { 'wxa-on-behalf-of': 'somebody' };
  expect(await lift(request, headers)).toEqual({ lifted: true, dueOperations: 1 });
  const due = 'select next_attempt_at <= now() as due from operations where id = $1';
  expect(await database.rows(due, [id])).toEqual([{ due: true }]);
  expect(await lift(request)).toEqual({ lifted: false, dueOperations: 0 });
  expect(apiOf(await status(), 'wxa/commit')?.stop).toBe(undefined);
  const trail = `select on_behalf_of, detail from trail where action = 'api.resumed'`;
  expect(await database.rows(trail)).toEqual([
    { on_behalf_of: '王小明', detail: { api: 'wxa/commit', waiting: 1, reason: 'WeChat raised it' } },
  ]);
});

it('LiftApiStop rejects an API that this service does not call and names the field', async () => {
  expect(await refusalOf(lift({ api: 'wxa/relaese' }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    violations: [{ field: 'api' }],
  });
});
