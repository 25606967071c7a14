import type { METHODS, Method, RequestOf, ResultOf } from '@wxa/contracts';
import type { AuditStatus, WxaResult } from '@wxa/wxa-client';
import type { Wechat } from '../handlers/wechat.js';
import type { Judgement, Noted } from './judgements.js';
import * as judgements from './judgements.js';

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
export interface Seen {
  noted: Record<string, string>;
  /** The mini-program's latest audit, where that was asked for: its end may not have been heard of yet. */
  audit?: AuditStatus | undefined;
}

/** How it is found out whether one method's change was done. */
export interface Inquiry<M extends Method> {
  /** The API it asks first, for the rate limits. */
  api: string;
  /** Asked once before the first try, where the state before must be known. */
  note?(wechat: Wechat): Promise<WxaResult<Seen>>;
  ask(facts: Facts<M>, wechat: Wechat): Promise<WxaResult<Judgement<ResultOf<M>>>>;
  /**
   * After a -1 too WeChat may have acted and would not refuse a repeat: it is asked first. `unless-done`: a repeat
   * costs time (the privacy check begins again), so what WeChat will not tell does not keep it back; `once-answered`: it
   * does harm only where WeChat has dealt with the first one meanwhile, so one answer that it was not done is enough;
   * `only-if-not-done`: it does harm.
   */
  repeat?: 'unless-done' | 'once-answered' | 'only-if-not-done';
  /** It sets what its request says, however often: where WeChat will not tell, it is sent again. */
  isSetting?: true;
  /** The codes by which WeChat refuses a repeat of what is done; they are not proof, so it is asked. */
  already: readonly number[];
  /** Such codes that are proof. */
  proof?: readonly number[];
}

/** The first is today's; the source document has the others: no such audit, no code submitted. */
const NO_AUDIT_YET: ReadonlySet<number> = new Set([85058, 85012, 86001]);

/** One inquiry for each change; the compiler refuses a change without one. */
export const INQUIRIES: { [M in ChangeMethod]: Inquiry<M> } = {
  Commit: {
    api: 'wxa/getversioninfo',
    ask: async ({ request, startedAt }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ trial }) =>
        judgements.judgeCommit(request, trial, startedAt),
      ),
    repeat: 'unless-done',
    already: [],
  },
  SubmitAudit: {
    api: 'wxa/get_latest_auditstatus',
    note: noteAudit,
    ask: async ({ noted, committedVersion }, wechat) => {
      const version = await committedVersion();
      return map(await latestAudit(wechat), (latest) => judgements.judgeSubmit(noted, latest, version));
    },
    repeat: 'once-answered',
    already: [85009],
  },
  Release: {
    api: 'wxa/getversioninfo',
    note: noteRelease,
    ask: async ({ noted }, wechat) => {
      const versions = await wechat.client.getVersionInfo({}, wechat.options);
      if (versions.kind !== 'ok') return versions;
      return map(await latestAudit(wechat), (latest) =>
        judgements.judgeRelease(noted, versions.value.release, latest),
      );
    },
    already: [85019, 85020],
  },
  UndoAudit: {
    api: 'wxa/get_latest_auditstatus',
    note: noteAudit,
    ask: async ({ noted }, wechat) =>
      map(await latestAudit(wechat), (latest) => judgements.judgeUndo(noted, latest)),
    already: [85019, 87013],
  },
  RevertRelease: {
    api: 'wxa/getversioninfo',
    note: noteRelease,
    ask: async ({ noted }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ release }) => judgements.judgeRevert(noted, release)),
    repeat: 'only-if-not-done',
    already: [87012],
  },
  GrayRelease: {
    api: 'wxa/getgrayreleaseplan',
    note: async ({ client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => ({
        noted: judgements.noteGray(plan),
      })),
    ask: async ({ noted, request }, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) =>
        judgements.judgeGray(noted, request, plan),
      ),
    already: [85082],
  },
  RevertGrayRelease: {
    api: 'wxa/getgrayreleaseplan',
    ask: async (_facts, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => judgements.judgeRevertGray(plan)),
    already: [],
  },
  ChangeVisitStatus: {
    api: 'wxa/getvisitstatus',
    ask: async ({ request }, { client, options }) =>
      map(await client.getVisitStatus({}, options), ({ visible }) => judgements.judgeVisit(request, visible)),
    isSetting: true,
    already: [],
  },
  SetSupportVersion: {
    api: 'cgi-bin/wxopen/getweappsupportversion',
    ask: async ({ request }, { client, options }) =>
      map(await client.getSupportVersion({}, options), (now) => judgements.judgeSupport(request, now)),
    isSetting: true,
    already: [],
  },
  SpeedUpAudit: {
    api: 'wxa/get_auditstatus',
    ask: async ({ request }, { client, options }) =>
      map(await client.getAuditStatus({ auditId: request.auditId }, options), judgements.judgeSpeedUp),
    already: [],
    proof: [89404],
  },
  AddTemplate: {
    api: 'wxa/gettemplatelist',
    note: async ({ client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) => ({
        noted: judgements.noteTemplates(templates),
      })),
    ask: async ({ noted, request }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) =>
        judgements.judgeAddTemplate(noted, request, templates),
      ),
    repeat: 'only-if-not-done',
    already: [85065],
  },
  DeleteTemplate: {
    api: 'wxa/gettemplatelist',
    ask: async ({ request }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) =>
        judgements.judgeDeleteTemplate(request, templates),
      ),
    already: [85064],
  },
};

/** The inquiry of a method; undefined for a query, which may be asked again as it is. */
export function inquiryOf<M extends Method>(method: M): Inquiry<M> | undefined {
  return (INQUIRIES as { [K in Method]?: Inquiry<K> })[method];
}

async function noteAudit(wechat: Wechat): Promise<WxaResult<Seen>> {
  return map(await latestAudit(wechat), (audit) => ({ noted: judgements.noteAudit(audit), audit }));
}

async function noteRelease({ client, options }: Wechat): Promise<WxaResult<Seen>> {
  return map(await client.getVersionInfo({}, options), ({ release }) => ({
    noted: judgements.noteRelease(release),
  }));
}

async function latestAudit({ client, options }: Wechat): Promise<WxaResult<AuditStatus | undefined>> {
  const latest = await client.getLatestAuditStatus({}, options);
  const none = latest.kind === 'error' && NO_AUDIT_YET.has(latest.error.errcode);
  return none ? { kind: 'ok', value: undefined } : latest;
}

function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}
