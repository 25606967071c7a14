import {
  type AuditItem,
  type ListTemplatesResponse,
  type Method,
  type Operation,
  type RequestOf,
  VisitStatus,
} from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type World } from '../world.js';
import { AUDIT_ITEM } from './audit-item.js';

/** A method with an effect: its API at WeChat, its preparation and a request. */
export interface ChangeCase {
  method: Method;
  api: string;
  request: Partial<RequestOf<Method>>;
  prepare(world: World, appid: string): Promise<unknown>;
  /** The part of the request that is known only after the preparation. */
  more?(world: World, appid: string): Promise<Partial<RequestOf<Method>>>;
  /** No read shows whether it was executed: it is sent again, and WeChat's rejection proves it. */
  isProvenByRetry?: true;
}

const items: AuditItem[] = [AUDIT_ITEM];

const commit = (world: World, appid: string, userVersion: string) =>
  world.run('Commit', { appid, templateId: 1n, userVersion });

/** Commits and submits a version. */
export async function submit(world: World, appid: string, userVersion = '1.0'): Promise<Operation> {
  await commit(world, appid, userVersion);
  return world.run('SubmitAudit', { appid, items });
}

async function approve(world: World, appid: string, userVersion: string) {
  await submit(world, appid, userVersion);
  await world.sim.decide(appid, { decision: 'approve', push: { none: true } });
  // Polled, because callbacks have whole seconds: two audits within one second could not be distinguished.
  await world.call('GetLatestAuditStatus', { appid });
}

/** Commits, submits and releases a version. */
export async function release(world: World, appid: string, userVersion: string): Promise<Operation> {
  await approve(world, appid, userVersion);
  return world.run('Release', { appid });
}

async function releaseThenApprove(world: World, appid: string) {
  await release(world, appid, '1.0');
  await approve(world, appid, '2.0');
}

const change = <M extends Method>(
  method: M,
  api: string,
  request: Partial<RequestOf<M>>,
  prepare: ChangeCase['prepare'],
): ChangeCase => ({ method, api, request, prepare });

/** All changes of a mini-program, each in a state in which WeChat would execute it. */
export const CHANGE_CASES: readonly ChangeCase[] = [
  change('Commit', 'wxa/commit', { templateId: 1n, userVersion: '2.0', userDesc: 'd' }, (w, a) =>
    commit(w, a, '1.0'),
  ),
  change('SubmitAudit', 'wxa/submit_audit', { items }, async (world, appid) => {
    await approve(world, appid, '1.0');
    await commit(world, appid, '2.0');
  }),
  change('Release', 'wxa/release', {}, releaseThenApprove),
  change('UndoAudit', 'wxa/undocodeaudit', {}, (w, a) => submit(w, a, '1.0')),
  change('RevertRelease', 'wxa/revertcoderelease', { appVersion: '' }, async (world, appid) => {
    for (const version of ['1.0', '2.0', '3.0']) await release(world, appid, version);
  }),
  change(
    'GrayRelease',
    'wxa/grayrelease',
    { percentage: 10, supportDebuggerFirst: true, supportExperiencerFirst: false },
    releaseThenApprove,
  ),
  change('RevertGrayRelease', 'wxa/revertgrayrelease', {}, async (world, appid) => {
    await releaseThenApprove(world, appid);
    await world.run('GrayRelease', { appid, percentage: 10 });
  }),
  change('ChangeVisitStatus', 'wxa/change_visitstatus', { status: VisitStatus.VISIT_STATUS_CLOSED }, (w, a) =>
    release(w, a, '1.0'),
  ),
  change('SetSupportVersion', 'cgi-bin/wxopen/setweappsupportversion', { version: '1.1.0' }, (w, a) =>
    commit(w, a, '1.0'),
  ),
  {
    ...change('SpeedUpAudit', 'wxa/speedupaudit', {}, (w, a) => submit(w, a, '1.0')),
    more: async (world, appid) => ({ auditId: await latestAuditId(world, appid) }),
    isProvenByRetry: true,
  },
];

export const caseOf = (method: Method) => CHANGE_CASES.find((one) => one.method === method) as ChangeCase;

/** The owner of the template library. */
export const COMPONENT = 'wxc0de000000000000';

/** The changes of the platform's template library, which all tests of a world share. */
export const TEMPLATE_CASES: readonly ChangeCase[] = [
  change('AddTemplate', 'wxa/addtotemplate', { draftId: 1n }, async () => undefined),
  {
    ...change('DeleteTemplate', 'wxa/deletetemplate', {}, (w) => w.run('AddTemplate', { draftId: 1n })),
    more: async (world) => {
      const { templates } = (await world.call('ListTemplates', {})) as ListTemplatesResponse;
      return { templateId: templates.at(-1)?.templateId ?? 0n };
    },
  },
];

/** The id of the newest audit at WeChat. */
export async function latestAuditId(world: World, appid: string): Promise<bigint> {
  return BigInt((await world.sim.app(appid)).audits.at(-1)?.auditId ?? 0);
}

/** Prepares a mini-program so that WeChat would execute the change; returns the case with its whole request. */
export async function prepared(one: ChangeCase, world: World, appid: string): Promise<ChangeCase> {
  await one.prepare(world, appid);
  const request: Partial<RequestOf<Method>> = { ...one.request, ...(await one.more?.(world, appid)) };
  return { ...one, request };
}

export function ask({ method, request }: ChangeCase, world: World, appid: string): Promise<Operation> {
  return world.change(method, { ...request, appid });
}

/** Waits until an operation is final; IN_DOUBT is not. */
export function ended(world: World, id: string): Promise<Operation> {
  return eventually(async () => {
    const operation = await world.get(id);
    return operation.endTime === undefined ? false : operation;
  });
}

/** The effects of a case's API at WeChat for a mini-program, in order. */
export async function effects({ api }: ChangeCase, world: World, appid: string): Promise<string[]> {
  const calls = await world.sim.calls({ appid, api });
  return calls.flatMap(({ effect }) => (effect === null ? [] : [effect]));
}

/** Runs a change in a new mini-program, whose call may meet a fault; returns its operation and its effects at WeChat. */
export async function runCase(
  one: ChangeCase,
  world: World,
  { fault, readLagMs = 0, more = async () => ({}) }: RunOptions = {},
) {
  const appid = newAppid();
  const { request } = await prepared(one, world, appid);
  const before = (await effects(one, world, appid)).length;
  const expected = await more(appid);
  await world.sim.patch(appid, { readLagMs });
  if (fault !== undefined) await world.sim.addFault({ api: one.api, appid, ...fault } as FaultOrder);
  const { id } = await ask({ ...one, request: { ...request, ...expected } }, world, appid);
  const operation = await ended(world, id);
  return { appid, operation, done: (await effects(one, world, appid)).slice(before) };
}

interface RunOptions {
  fault?: Omit<FaultOrder, 'api' | 'appid'> | undefined;
  readLagMs?: number;
  /** More of the request, which is known only after the preparation. */
  more?(appid: string): Promise<Partial<RequestOf<Method>>>;
}
