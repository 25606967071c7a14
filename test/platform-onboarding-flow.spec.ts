import { describe, expect, it } from '@jest/globals';
import {
  type Authorizer,
  AuthorizerState,
  type CreateAuthorizationLinkResponse,
  type GetGrayReleasePlanResponse,
  type GetTrialQrCodeResponse,
  type Operation,
  OperationState,
} from '@wxa/contracts';
import { logged } from './app-log.js';
import { newAppid } from './appid.js';
import { eventually } from './eventually.js';
import { refusalOf } from './gateway/calls.js';
import { openAppid } from './journeys/journey.js';
import { AUDIT_ITEM } from './release/audit-item.js';
import { useSharedWorld, world } from './use-world.js';
import { unary } from './world.js';

const COMPONENT = 'wxc0de000000000000';
const REDIRECT = 'https://platform.example/authorized';
const SUCCEEDED = OperationState.OPERATION_STATE_SUCCEEDED;

// The simulator pushes no ticket periodically, so one must be requested.
useSharedWorld('component');

const authorizer = (appid: string) => unary<Authorizer>(world.authorizers, 'getAuthorizer', { appid });
const hasToken = (appid: string) =>
  eventually(async () => (await authorizer(appid)).tokenAge !== undefined && (await authorizer(appid)));
const becomes = (appid: string, state: AuthorizerState) =>
  eventually(async () => (await authorizer(appid)).state === state);
const commit = (appid: string, userVersion: string) => ({ appid, templateId: 1n, userVersion });
const auditIdOf = ({ result }: Operation) => (result?.$case === 'submitAudit' ? result.value.auditId : 0n);

/** The number of rows about a mini-program in all tables. */
async function rowsOf(appid: string): Promise<number> {
  const tables = ['authorizers', 'operations', 'outbox', 'audits'];
  const counts = tables.map((table) => `(select count(*)::int from ${table} where appid = $1)`);
  const [row] = await world.sql<{ n: number }>(`select ${counts.join(' + ')} as n`, [appid]);
  return row?.n ?? -1;
}

describe('platform onboarding', () => {
  const appid = openAppid();

  async function done(change: Promise<Operation>): Promise<Operation> {
    const operation = await change;
    expect(operation).toMatchObject({ state: SUCCEEDED, error: undefined });
    return operation;
  }

  async function approved(userVersion: string): Promise<bigint> {
    await done(world.run('Commit', commit(appid, userVersion)));
    const auditId = auditIdOf(await done(world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] })));
    await world.sim.decide(appid, { decision: 'approve', push: { times: 2 } });
    const completed = () => world.messages('AuditCompleted', appid).map(({ json }) => json);
    await eventually(() => completed().some((audit) => audit.auditId === String(auditId)));
    return auditId;
  }

  it('A platform gets from its first ticket to releases, and a mini-program that withdrew can authorize again', async () => {
    // No ticket was pushed: the worker requested one and got the platform's token with it.
    const ofPlatform = async () =>
      (await world.sim.calls({ appid: COMPONENT })).flatMap(({ effect }) => effect ?? []);
    await eventually(async () => (await ofPlatform()).includes('api_component_token'));
    expect((await ofPlatform()).slice(0, 2)).toEqual(['api_start_push_ticket', 'api_component_token']);

    expect(await refusalOf(world.change('Commit', commit(appid, '1.0')))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'NOT_AUTHORIZED',
    });
    const request = { redirectUri: REDIRECT, authorizerAppid: appid };
    const link = (await world.call('CreateAuthorizationLink', request)) as CreateAuthorizationLinkResponse;
    expect(new URL(link.url).searchParams.get('biz_appid')).toBe(appid);
    await world.sim.authorize(appid, { preAuthCode: link.preAuthCode, permissionSets: [17, 18] });
    expect(await hasToken(appid)).toMatchObject({
      state: AuthorizerState.AUTHORIZER_STATE_AUTHORIZED,
      permissionSets: [17, 18],
      lastError: '',
    });
    const [worker] = world.stack.workers;
    const refreshed = worker && (await logged(worker, 'token refreshed'));
    expect(refreshed?.filter((line) => line.appid === appid)).toMatchObject([{ kind: 'code' }]);

    const first = await approved('1.0');
    const qr = (await world.call('GetTrialQrCode', { appid, path: 'index?day=1' })) as GetTrialQrCodeResponse;
    expect(qr.contentType).toBe('image/jpeg');
    await done(world.run('Release', { appid, expectedAuditId: first }));

    await approved('1.1');
    await done(world.run('GrayRelease', { appid, percentage: 10 }));
    const { plan } = (await world.call('GetGrayReleasePlan', { appid })) as GetGrayReleasePlanResponse;
    expect(plan).toMatchObject({ percentage: 10 });
    await done(world.run('RevertGrayRelease', { appid }));
    await done(world.run('Release', { appid, expectedUserVersion: '1.1' }));
    await done(world.run('RevertRelease', { appid }));

    await world.sim.unauthorize(appid);
    await becomes(appid, AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED);
    expect(await world.run('Commit', commit(appid, '1.2'))).toMatchObject({
      state: OperationState.OPERATION_STATE_FAILED,
      attempts: 0,
      error: { reason: 'NOT_AUTHORIZED', errmsg: expect.stringContaining('authorization withdrawn at') },
    });
    expect(await refusalOf(world.call('ListPages', { appid }))).toMatchObject({ reason: 'NOT_AUTHORIZED' });

    await world.sim.authorize(appid);
    await hasToken(appid);
    await done(world.run('Commit', commit(appid, '1.2')));
    await expectEverythingOnce();
  });

  /** WeChat executed exactly the requested changes, each event is on Kafka once, and every callback was accepted. */
  async function expectEverythingOnce() {
    const calls = await world.sim.calls({ appid });
    const [first, second] = (await world.sim.app(appid)).audits.map(({ auditId }) => auditId);
    expect(calls.flatMap(({ effect }) => effect ?? [])).toEqual([
      'commit 1.0',
      `submit_audit ${first}`,
      'release 1.0',
      'commit 1.1',
      `submit_audit ${second}`,
      'gray 1.1 10%',
      'revert_gray',
      'release 1.1',
      'revert 1.0',
      'commit 1.2',
    ]);
    const [row] = await world.sql<{ n: number }>(
      'select count(*)::int as n from operations where appid = $1',
      [appid],
    );
    await eventually(() => world.messages('OperationCompleted', appid).length === row?.n);
    expect(world.messages('AuditCompleted', appid)).toHaveLength(2);
    const pushes = (await world.sim.pushes()).filter(
      ({ appid: of, body }) => of === appid || body.includes(appid),
    );
    expect(pushes.map(({ event }) => event)).toEqual([
      'authorized',
      ...Array(4).fill('weapp_audit_success'),
      'unauthorized',
      'authorized',
    ]);
    for (const push of pushes) expect(push).toMatchObject({ mode: 'secure', status: 200, answer: 'success' });
  }
});

it('A used authorization code changes nothing for its mini-program and adds no other', async () => {
  const [appid, other] = [newAppid(), newAppid()];
  const { authorizationCode } = await world.sim.authorize(appid);
  await hasToken(appid);
  const again = (AuthorizerAppid: string) =>
    world.sim.pushOfComponent({
      event: 'authorized',
      fields: { AuthorizerAppid, AuthorizationCode: authorizationCode, CreateTime: inASecond() },
    });
  expect(await again(appid)).toMatchObject({ body: 'success' });
  await eventually(async () => (await authorizer(appid)).lastError.includes('61009'));
  expect(await authorizer(appid)).toMatchObject({ state: AuthorizerState.AUTHORIZER_STATE_AUTHORIZED });
  expect(await world.run('Commit', commit(appid, '1.0'))).toMatchObject({ state: SUCCEEDED });

  expect(await again(other)).toMatchObject({ body: 'success' });
  await eventually(async () => (await rowsOf(other)) === 0);
  expect(await refusalOf(authorizer(other))).toMatchObject({ code: 'NOT_FOUND' });
});

/** WeChat's times are whole seconds; this one is later than all earlier pushes. */
function inASecond(): string {
  return String(Math.ceil(Date.now() / 1000) + 1);
}
