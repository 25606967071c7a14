import { setTimeout as delay } from 'node:timers/promises';
import {
  type CreateAuthorizationLinkResponse,
  type Method,
  type Operation,
  type RequestOf,
  TOPICS,
  VisitStatus,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { beginUpload, chunk, info, png, sendMedia } from '../gateway/uploads.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { latestAuditId } from '../release/change-cases.js';
import { unary, type World } from '../world.js';

const TOKEN_API = 'cgi-bin/component/api_authorizer_token';
const SUBMIT = 'wxa/submit_audit';
const commit = (appid: string, userVersion: string) => ({ appid, templateId: 1n, userVersion });
const audit = (appid: string) => ({ appid, items: [AUDIT_ITEM] });
/** A relay gives up its lease at the latest after this time. */
const LEASE_MS = 6_000;

/**
 * Brings a deployment with token source `component` into a state in which every method has run and its database has
 * operations in every state, then kills its apps. Resolves when all published messages have been read.
 */
export async function intoEveryState(world: World): Promise<void> {
  await runEveryMethod(world);
  await endInEveryWay(world);
  await leaveUnfinished(world);
  await leaveUnpublished(world);
  for (const app of world.apps) app.kill('SIGKILL');
}

async function authorized(world: World): Promise<string> {
  const appid = newAppid();
  await authorize(world, appid);
  return appid;
}

async function authorize(world: World, appid: string, given: { preAuthCode?: string } = {}): Promise<void> {
  await world.sim.authorize(appid, given);
  await eventually(async () => {
    const { tokenAge } = await unary<{ tokenAge: unknown }>(world.authorizers, 'getAuthorizer', { appid });
    return tokenAge !== undefined;
  });
}

async function runEveryMethod(world: World): Promise<void> {
  const appid = newAppid();
  const call: World['call'] = (...args) => world.call(...args);
  const run = async <M extends Method>(method: M, request: Partial<RequestOf<M>>) => {
    const { state, error } = await world.run(method, request);
    if (error !== undefined) throw new Error(`${method} is ${state}: ${error.reason}`);
  };
  const link = { redirectUri: 'https://platform.example/authorized', authorizerAppid: appid };
  const { preAuthCode } = (await call('CreateAuthorizationLink', link)) as CreateAuthorizationLinkResponse;
  await authorize(world, appid, { preAuthCode });
  await run('Commit', commit(appid, '1.0'));
  for (const query of ['GetPrivacyCheck', 'GetTrialQrCode', 'ListCategories', 'ListPages'] as const)
    await call(query, { appid });
  await sendMedia(world.code, { appid }, png(200)).answer;
  await run('SubmitAudit', audit(appid));
  const auditId = await latestAuditId(world, appid);
  await call('GetAuditStatus', { appid, auditId });
  await run('SpeedUpAudit', { appid, auditId });
  await run('UndoAudit', { appid });
  await approved(world, appid, ['delay', 'approve']);
  await run('Release', { appid });
  await run('SetSupportVersion', { appid, version: '1.1.0' });
  await run('ChangeVisitStatus', { appid, status: VisitStatus.VISIT_STATUS_OPEN });
  await run('Commit', commit(appid, '1.1'));
  await approved(world, appid, ['approve']);
  await run('GrayRelease', { appid, percentage: 10 });
  await call('GetGrayReleasePlan', { appid });
  await run('RevertGrayRelease', { appid });
  await run('Release', { appid });
  await run('RevertRelease', { appid });
  for (const query of [
    'GetLatestAuditStatus',
    'GetVersionInfo',
    'ListReleaseHistory',
    'GetVisitStatus',
    'GetSupportVersion',
    'GetAuditQuota',
  ] as const)
    await call(query, { appid });
  await runPlatformMethods(world);
}

async function runPlatformMethods(world: World): Promise<void> {
  await world.call('ListDrafts', {});
  await world.run('AddTemplate', { draftId: 1n });
  const { templates } = (await world.call('ListTemplates', {})) as { templates: { templateId: bigint }[] };
  await world.run('DeleteTemplate', { templateId: templates.at(-1)?.templateId ?? 0n });
  await world.call('ImportAuthorizer', await authorizedBefore(world));
}

/** Submits the last version and has it decided by callbacks. */
async function approved(world: World, appid: string, decisions: ('delay' | 'approve')[]): Promise<void> {
  await world.run('SubmitAudit', audit(appid));
  for (const decision of decisions) await world.sim.decide(appid, { decision });
  const open = `select from audits where appid = $1 and state = 'OPEN'`;
  await eventually(async () => (await world.sql(open, [appid])).length === 0);
}

/** A mini-program that authorized the platform and is unknown to this service. */
async function authorizedBefore(world: World): Promise<{ appid: string; refreshToken: string }> {
  const appid = await authorized(world);
  await unary(world.authorizers, 'removeAuthorizer', { appid });
  const { refreshToken } = await world.sim.authorization(appid);
  return { appid, refreshToken: refreshToken ?? '' };
}

/** FAILED, a rejected audit, an audit of another tool, a withdrawn authorization, a dead-lettered message. */
async function endInEveryWay(world: World): Promise<void> {
  const appid = await authorized(world);
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'errcode', errcode: 85013 });
  await world.run('Commit', commit(appid, '0.1'));
  await world.run('Commit', commit(appid, '1.0'));
  await world.run('SubmitAudit', audit(appid));
  await world.sim.decide(appid, { decision: 'reject', reason: '1:不行' });
  await eventually(() => world.messages('AuditCompleted', appid).length === 1);
  const withdrawn = await authorized(world);
  await world.sim.unauthorize(withdrawn);
  await world.produce(TOPICS.commands, [{ key: appid, value: 'no JSON' }]);
  await eventually(() => world.seen.some(({ topic }) => topic === TOPICS.deadLetters));
}

async function leaveUnfinished(world: World): Promise<void> {
  await leaveInDoubt(world);
  await leaveRunning(world);
  const retrying = await authorized(world);
  await world.sim.addFault({ api: 'wxa/commit', appid: retrying, kind: 'busy', times: 0 });
  const { id } = await world.change('Commit', commit(retrying, '1.0'));
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_RETRYING');
  await leaveAttachments(world);
  await leaveWithoutQuota(world);
}

/** A change that reads cannot confirm, and one blocked by it. */
async function leaveInDoubt(world: World): Promise<void> {
  const appid = await authorized(world);
  const denied = { api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 } as const;
  await world.sim.addFault(denied);
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
  const { id } = await world.run('Commit', commit(appid, '1.0'));
  const later = await world.change('Commit', commit(appid, '1.1'));
  await eventually(async () => (await world.get(later.id)).blockedBy === id);
}

/** A call that WeChat holds, changes behind it (one of them cancelled), and a callback that waits for its SubmitAudit. */
async function leaveRunning(world: World): Promise<void> {
  const appid = await authorized(world);
  await held(world, { api: 'wxa/commit', appid }, () => world.change('Commit', commit(appid, '1.0')));
  await world.change('SubmitAudit', audit(appid));
  const cancelled = await world.change('Release', { appid });
  await unary(world.operations, 'cancelOperation', { id: cancelled.id, reason: '' });

  const submitted = await authorized(world);
  await world.run('Commit', commit(submitted, '1.0'));
  const call = { api: SUBMIT, appid: submitted, when: 'after' } as const;
  await held(world, call, () => world.change('SubmitAudit', audit(submitted)));
  await world.sim.decide(submitted, { decision: 'approve' });
  const deferred = 'select from audit_pushes where waiting';
  await eventually(async () => (await world.sql(deferred)).length === 1);
}

/** Makes WeChat hold a call, and resolves when it does. */
async function held(
  world: World,
  call: { api: string; appid: string; when?: 'before' | 'after' },
  start: () => unknown,
): Promise<void> {
  const fault = await world.sim.addFault({ ...call, kind: 'hang', times: 0 });
  const started = start();
  // A caller whose gateway is killed gets an error.
  Promise.resolve(started).catch(() => undefined);
  await eventually(async () => (await world.sim.fault(fault.id)).held >= 1);
}

/** A file and a refresh token whose calls WeChat holds. */
async function leaveAttachments(world: World): Promise<void> {
  const appid = await authorized(world);
  await held(world, { api: 'wxa/uploadmedia', appid }, () => {
    const { stream, answer } = beginUpload(world.code, [info({ appid }), chunk(png(200))]);
    stream.end();
    return answer;
  });
  const imported = await authorizedBefore(world);
  const call = { api: TOKEN_API, appid: imported.appid };
  await held(world, call, () => world.call('ImportAuthorizer', imported));
}

/** An API stopped by its quota, the change that met it, and one that waits for it. */
async function leaveWithoutQuota(world: World): Promise<void> {
  const appids = [await authorized(world), await authorized(world)];
  for (const appid of appids) await world.run('Commit', commit(appid, '1.0'));
  await world.sim.addFault({ api: SUBMIT, kind: 'errcode', errcode: 85085, times: 0 });
  for (const appid of appids) {
    const { id } = await world.change('SubmitAudit', audit(appid));
    const waits = 'select from operations where id = $1 and parked and waits_for_api is not null';
    await eventually(async () => (await world.sql(waits, [id])).length === 1);
  }
}

/** A command and an outcome that were not published, and a quarantined event. */
async function leaveUnpublished(world: World): Promise<void> {
  const [settled, accepted] = [await authorized(world), await authorized(world)];
  await takeLease(world, 'release-worker');
  await world.run('Commit', commit(settled, '1.0'));
  await takeLease(world, 'gateway');
  await world.change('Commit', commit(accepted, '1.0'));
  await world.sql(`insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
    select 'gateway', id, 'wxa.code.commands.v1', 'refused', 'wxa.code.v1.CodeCommand', 'gateway', appid, time, '', '{}',
      'MESSAGE_TOO_LARGE'
    from outbox where writer = 'gateway-commands'`);
}

/** Ends the relay of an app. */
async function takeLease(world: World, writer: string): Promise<void> {
  const taken = await world.sql<{ name: string }>(
    `update leases set holder = uuidv7(), until = now() + interval '1 minute'
     where name like '%outbox%' and name like '%' || $1 || '%' returning name`,
    [writer],
  );
  if (taken.length !== 1) throw new Error(`leases of the relay of ${writer}: ${JSON.stringify(taken)}`);
  await delay(LEASE_MS);
}

/** The states and methods of the stored operations. */
export async function statesAndMethods(world: World): Promise<{ states: string[]; methods: string[] }> {
  const rows = await world.sql<Pick<Operation, 'method'> & { state: string }>(
    'select method, state from operations',
  );
  const distinct = (values: string[]) => [...new Set(values)].sort();
  return { states: distinct(rows.map((row) => row.state)), methods: distinct(rows.map((row) => row.method)) };
}
