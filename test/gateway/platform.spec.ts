import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type LiftApiStopRequest,
  METHODS,
  type PlatformStatus,
  type StopApisRequest,
  StopScope,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { useOpenStore } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway();
const { commit } = operationCalls(gateway);
const store = useOpenStore(backends);

const status = () => gateway.rpc('getPlatformStatus', {});
const apiOf = ({ apis }: PlatformStatus, api: string) => apis.find((each) => each.api === api);
const lift = (request: Partial<LiftApiStopRequest>, headers = {}) =>
  gateway.rpc('liftApiStop', request, { headers });

/** An accepted Commit that waits until the stop of its API ends. */
async function delayed(api: string): Promise<string> {
  const { id } = await commit(newAppid());
  const delay = await store().operations.delayForApi({ id, api, partition: 0 });
  expect(delay).toEqual({ stopped: true, delayed: true });
  return id;
}

it('GetPlatformStatus counts audits, doubts, quarantined events, authorizers and rates, and has the last quota and who renews tokens', async () => {
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
  await database.rows(
    `insert into instances (id, app, version, methods, seen_at) values
       (gen_random_uuid(), 'release-worker', '9.1', $1, now()),
       (gen_random_uuid(), 'release-worker', '9.1', $1, now()),
       (gen_random_uuid(), 'release-worker', '9.0', $1, now() - interval '2 minutes')`,
    // The gateway refuses what a running worker does not know.
    [Object.keys(METHODS)],
  );
  const found = await status();
  expect(found).toMatchObject({
    operationsInDoubt: before.operationsInDoubt + 1,
    operationsToResolve: before.operationsToResolve + 1,
    openAudits: before.openAudits + 2,
    delayedAudits: before.delayedAudits + 1,
    authorizers: { authorized: 1, needsAuthorization: 1, unauthorized: 0 },
    auditQuota: { quota: { rest: 0, limit: 20 }, time: new Date('2027-01-01T00:00:00Z') },
    outboxes: [{ app: 'gateway' }, { app: 'release-worker', quarantined: 1 }],
    platformEvents: { app: 'gateway', depth: 0 },
    workers: [{ version: '9.1', count: 2 }],
  });
  // What was stored before another program renewed the tokens.
  expect([found.tokenOwner, found.ticketAge, found.tokenAge]).toEqual([
    ...['AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE', undefined, undefined],
  ]);
  const { component } = await store().platformState([], new AbortController().signal);
  expect(Math.round((Date.now() - Number(component.ticketMs)) / 60_000)).toBe(60);
  expect(Math.round((Date.now() - Number(component.tokenMs)) / 60_000)).toBe(1);
  expect(apiOf(found, 'wxa/commit')).toMatchObject({ callsPerSecond: 9.65, setCallsPerSecond: 10 });
  expect(apiOf(found, 'wxa/release')).toMatchObject({ callsPerSecond: 96.5, setCallsPerSecond: undefined });
  expect(apiOf(found, '*')).toBe(undefined);
  await database.rows(`delete from instances where version like '9.%'`);
  await database.rows('truncate audit_quota, components, authorizers, outbox_refused, api_limits cascade');
});

it('LiftApiStop makes the operations that waited due and records caller, person and reason, once', async () => {
  await store().limits.stop('wxa/commit', 85085, 'used up');
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

describe('StopApis and LiftApiStops', () => {
  const UNTIL = new Date(Date.now() + 3_600_000);
  const UNDO = [
    'wxa/change_visitstatus',
    'wxa/revertcoderelease',
    'wxa/revertgrayrelease',
    'wxa/undocodeaudit',
  ];
  const stop = (request: Partial<StopApisRequest> = {}) =>
    gateway.rpc('stopApis', { until: UNTIL, reason: '模板 128 有问题', ...request });
  const liftAll = (request = {}) => gateway.rpc('liftApiStops', request);
  const namesOf = ({ apis }: { apis: { api: string }[] }) => apis.map(({ api }) => api);
  const stopped = async () => namesOf({ apis: (await status()).apis.filter((api) => api.stop) });
  afterEach(() => liftAll());

  it('A stop without a scope stops every change but those that undo others, and the status shows who, why, until when and what', async () => {
    const { apis } = await stop({ onBehalfOf: '王小明' });
    expect(apis.every(({ endTime }) => endTime?.getTime() === UNTIL.getTime())).toBe(true);
    const names = namesOf({ apis });
    expect(names).toEqual(expect.arrayContaining(['wxa/commit', 'wxa/release', 'wxa/submit_audit']));
    expect(names.filter((api) => UNDO.includes(api))).toEqual([]);
    expect(apiOf(await status(), 'wxa/release')?.stop).toMatchObject({
      ...{ endTime: UNTIL, errcode: 0, reason: '模板 128 有问题', onBehalfOf: '王小明' },
      scope: StopScope.STOP_SCOPE_FORWARD_CHANGES,
    });
    const rows = await database.rows(
      `select detail ->> 'api' as api, on_behalf_of, detail ->> 'scope' as scope from trail where action = 'api.stopped' order by 1`,
    );
    expect(rows).toEqual(
      names.toSorted().map((api) => ({ api, on_behalf_of: '王小明', scope: 'FORWARD_CHANGES' })),
    );
  });

  it('A stop of all changes stops what undoes them, a lift of that scope resumes it alone, and a lift of all resumes the rest once', async () => {
    const names = namesOf(await stop({ scope: StopScope.STOP_SCOPE_ALL_CHANGES }));
    expect(names).toEqual(expect.arrayContaining(UNDO));
    expect(namesOf(await liftAll({ scope: StopScope.STOP_SCOPE_UNDO_CHANGES }))).toEqual(UNDO);
    const rest = names.filter((api) => !UNDO.includes(api)).toSorted();
    expect(await stopped()).toEqual(rest);
    expect(namesOf(await liftAll({ reason: 'repaired' })).toSorted()).toEqual(rest);
    expect(await liftAll()).toEqual({ apis: [] });
  });

  it('One API is stopped and resumed by its name, also after an exhausted quota, and another stays', async () => {
    await store().limits.stop('wxa/submit_audit', 85085, 'used up');
    expect(namesOf(await stop({ api: 'wxa/release' }))).toEqual(['wxa/release']);
    expect(apiOf(await status(), 'wxa/release')?.stop?.scope).toBe(StopScope.STOP_SCOPE_UNSPECIFIED);
    await delayed('wxa/release');
    expect(await liftAll({ api: 'wxa/release' })).toEqual({
      apis: [{ api: 'wxa/release', dueOperations: 1 }],
    });
    expect(await liftAll()).toEqual({ apis: [] });
    expect(await stopped()).toEqual(['wxa/submit_audit']);
    expect(namesOf(await liftAll({ api: 'wxa/submit_audit' }))).toEqual(['wxa/submit_audit']);
  });

  it('A path that no policy lists any more is stopped while a call waits for it, and again when that has ended', async () => {
    const api = 'wxa/setnickname';
    const { id } = await commit(newAppid());
    await database.rows('update operations set api = $1 where id = $2', [api, id]);
    expect(namesOf(await stop({ api }))).toEqual([api]);
    await database.rows(`update operations set state = 'FAILED', ended_at = now() where id = $1`, [id]);
    expect(namesOf(await stop({ api }))).toEqual([api]);
  });

  it.each<[string[], Partial<StopApisRequest>]>([
    [['until', 'reason'], { until: undefined, reason: '' }],
    [['until'], { until: new Date(Date.now() - 1_000) }],
    [['scope'], { scope: StopScope.STOP_SCOPE_UNDO_CHANGES }],
    [['scope'], { scope: StopScope.STOP_SCOPE_ALL_CHANGES, api: 'wxa/release' }],
    [['api'], { api: 'wxa/re laese' }],
    [['api'], { api: 'wxa/relaese' }],
    [['reason'], { reason: 'x'.repeat(2_001) }],
    [['on_behalf_of'], { onBehalfOf: 'x'.repeat(201) }],
  ])('A stop with invalid %j is refused: %j', async (fields, request) => {
    expect((await refusalOf(stop(request))).fields).toEqual(fields);
  });
});
