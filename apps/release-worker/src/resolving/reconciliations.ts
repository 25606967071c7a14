import type { METHODS, Method, RequestOf, ResultOf } from '@wxa/contracts';
import type { AuditStatus, WxaResult } from '@wxa/wxa-client';
import type { CallContext } from '../handlers/wechat.js';
import type { Comparison, Noted } from './comparisons.js';
import * as judgements from './comparisons.js';

/** The methods that have an effect at WeChat. */
export type ChangeMethod = {
  [M in Method]: (typeof METHODS)[M]['kind'] extends 'change' ? M : never;
}[Method];

/** What is known of a change when WeChat is asked about it. */
export interface Facts<M extends Method> {
  request: RequestOf<M>;
  noted: Noted;
  /** Its first claim. */
  startedAt: Date;
  /** The version this service committed last before it; empty where there is none. */
  committedVersion(): Promise<string>;
}

/** What was seen before the first try. */
export interface Snapshot {
  noted: Record<string, string>;
  /** The mini-program's latest audit, where that was asked for: its end may not have been heard of yet. */
  audit?: AuditStatus | undefined;
}

/** How it is found out whether one method's change was done. */
export interface Reconciliation<M extends Method> {
  /** The API it asks first, for the rate limits. */
  api: string;
  /** Asked once before the first try, where the state before must be known. */
  snapshot?(wechat: CallContext): Promise<WxaResult<Snapshot>>;
  check(facts: Facts<M>, wechat: CallContext): Promise<WxaResult<Comparison<ResultOf<M>>>>;
  /**
   * After a -1 too WeChat may have acted and would not refuse a repeat: it is asked first. `unless-done`: a repeat
   * costs time (the privacy check begins again), so what WeChat will not tell does not keep it back; `once-answered`: it
   * does harm only where WeChat has dealt with the first one meanwhile, so one answer that it was not done is enough;
   * `only-if-not-done`: it does harm.
   */
  beforeRetry?: 'best-effort' | 'once-answered' | 'required';
  /** It sets what its request says, however often: where WeChat will not tell, it is sent again. */
  isIdempotentSet?: true;
  /** The codes by which WeChat refuses a repeat of what is done; they are not proof, so it is asked. */
  duplicateCodes: readonly number[];
  /** Such codes that are proof. */
  provingCodes?: readonly number[];
}

/** The first is today's; the source document has the others: no such audit, no code submitted. */
const NO_AUDIT_YET: ReadonlySet<number> = new Set([85058, 85012, 86001]);

/** One inquiry for each change; the compiler refuses a change without one. */
export const RECONCILIATIONS: { [M in ChangeMethod]: Reconciliation<M> } = {
  Commit: {
    api: 'wxa/getversioninfo',
    check: async ({ request, startedAt }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ trial }) =>
        judgements.judgeCommit(request, trial, startedAt),
      ),
    beforeRetry: 'best-effort',
    duplicateCodes: [],
  },
  SubmitAudit: {
    api: 'wxa/get_latest_auditstatus',
    snapshot: noteAudit,
    check: async ({ noted, committedVersion }, wechat) => {
      const version = await committedVersion();
      return map(await latestAudit(wechat), (latest) => judgements.judgeSubmit(noted, latest, version));
    },
    beforeRetry: 'once-answered',
    duplicateCodes: [85009],
  },
  Release: {
    api: 'wxa/getversioninfo',
    snapshot: noteRelease,
    check: async ({ noted }, wechat) => {
      const versions = await wechat.client.getVersionInfo({}, wechat.options);
      if (versions.kind !== 'ok') return versions;
      return map(await latestAudit(wechat), (latest) =>
        judgements.judgeRelease(noted, versions.value.release, latest),
      );
    },
    duplicateCodes: [85019, 85020],
  },
  UndoAudit: {
    api: 'wxa/get_latest_auditstatus',
    snapshot: noteAudit,
    check: async ({ noted }, wechat) =>
      map(await latestAudit(wechat), (latest) => judgements.judgeUndo(noted, latest)),
    duplicateCodes: [85019, 87013],
  },
  RevertRelease: {
    api: 'wxa/getversioninfo',
    snapshot: noteRelease,
    check: async ({ noted }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ release }) => judgements.judgeRevert(noted, release)),
    beforeRetry: 'required',
    duplicateCodes: [87012],
  },
  GrayRelease: {
    api: 'wxa/getgrayreleaseplan',
    snapshot: async ({ client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => ({
        noted: judgements.noteGray(plan),
      })),
    check: async ({ noted, request }, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) =>
        judgements.judgeGray(noted, request, plan),
      ),
    duplicateCodes: [85082],
  },
  RevertGrayRelease: {
    api: 'wxa/getgrayreleaseplan',
    check: async (_facts, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => judgements.judgeRevertGray(plan)),
    duplicateCodes: [],
  },
  ChangeVisitStatus: {
    api: 'wxa/getvisitstatus',
    check: async ({ request }, { client, options }) =>
      map(await client.getVisitStatus({}, options), ({ visible }) => judgements.judgeVisit(request, visible)),
    isIdempotentSet: true,
    duplicateCodes: [],
  },
  SetSupportVersion: {
    api: 'cgi-bin/wxopen/getweappsupportversion',
    check: async ({ request }, { client, options }) =>
      map(await client.getSupportVersion({}, options), (now) => judgements.judgeSupport(request, now)),
    isIdempotentSet: true,
    duplicateCodes: [],
  },
  SpeedUpAudit: {
    api: 'wxa/get_auditstatus',
    check: async ({ request }, { client, options }) =>
      map(await client.getAuditStatus({ auditId: request.auditId }, options), judgements.judgeSpeedUp),
    duplicateCodes: [],
    provingCodes: [89404],
  },
  AddTemplate: {
    api: 'wxa/gettemplatelist',
    snapshot: async ({ client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) => ({
        noted: judgements.noteTemplates(templates),
      })),
    check: async ({ noted, request }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) =>
        judgements.judgeAddTemplate(noted, request, templates),
      ),
    beforeRetry: 'required',
    duplicateCodes: [85065],
  },
  DeleteTemplate: {
    api: 'wxa/gettemplatelist',
    check: async ({ request }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) =>
        judgements.judgeDeleteTemplate(request, templates),
      ),
    duplicateCodes: [85064],
  },
};

/** The inquiry of a method; undefined for a query, which may be asked again as it is. */
export function reconciliationOf<M extends Method>(method: M): Reconciliation<M> | undefined {
  return (RECONCILIATIONS as { [K in Method]?: Reconciliation<K> })[method];
}

async function noteAudit(wechat: CallContext): Promise<WxaResult<Snapshot>> {
  return map(await latestAudit(wechat), (audit) => ({ noted: judgements.noteAudit(audit), audit }));
}

async function noteRelease({ client, options }: CallContext): Promise<WxaResult<Snapshot>> {
  return map(await client.getVersionInfo({}, options), ({ release }) => ({
    noted: judgements.noteRelease(release),
  }));
}

async function latestAudit({ client, options }: CallContext): Promise<WxaResult<AuditStatus | undefined>> {
  const latest = await client.getLatestAuditStatus({}, options);
  const none = latest.kind === 'error' && NO_AUDIT_YET.has(latest.error.errcode);
  return none ? { kind: 'ok', value: undefined } : latest;
}

function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}
