import {
  METHODS,
  type Method,
  RolloutAudit_OnOpenAudit as OnOpenAudit,
  PrivacyGuide,
  type RolloutSpec,
  ServerDomains,
} from '@wxa/contracts';
import { applyPatch, isJsonObject, missingPointers } from '@wxa/methods';
import { parse, stringify } from 'lossless-json';
import { grayStepsOf, pipelineOf } from '../pipeline.js';
import type { RolloutContext } from '../rollout.js';
import type { NeededSettings, Step, Target, TargetFacts } from '../target.js';
import {
  checkAt,
  checksOf,
  itemsOf,
  rollBackMethod,
  SETTINGS_PART,
  type StepCheck,
  SUBMIT_PART,
  settingsPartFrom,
  VERIFY_PART,
} from './parts.js';

/** The next operation of a target. */
export interface TargetRequest {
  method: Method;
  /** The idempotency key; at most 60 characters. */
  requestId: string;
  /** Proto3 JSON of the method's request, with `appid` and `requestId`, valid by the method's own rules. */
  request: Record<string, unknown>;
}

type Context = Pick<RolloutContext, 'id' | 'spec' | 'isRollback'>;

/** An operation without appid and idempotency key. */
interface StepRequest {
  method: Method;
  /** Its name in the idempotency key: `commit`, `check0`, `gray1` … */
  operation: string;
  /** Proto3 JSON of the other fields. */
  fields: object;
}

/** What a request depends on besides the target and the rollout. */
export type RequestFacts = Pick<TargetFacts, 'first' | 'settings'>;

const NO_FACTS: RequestFacts = { first: null, settings: null };

/** The next operation of a PENDING target; undefined if its step has none. */
export function requestOf(target: Target, context: Context, facts: RequestFacts): TargetRequest | undefined {
  const request = STEPS[target.step](target, context, facts);
  if (request === undefined) return undefined;
  const { method, operation, fields } = request;
  const requestId = `rollout-${context.id}-${operation}-${target.attempt}`;
  return { method, requestId, request: toJson(method, { appid: target.appid, requestId, ...fields }) };
}

/** The members of ext.json that the settings require, and the Commit of a target lacks. */
export function missingValues(
  target: Target,
  { spec }: Pick<Context, 'spec'>,
  needed: NeededSettings | null,
): string[] {
  const pointers = needed?.settings.requiredExtPointers ?? [];
  return pointers.length === 0 ? [] : missingPointers(mergeExt(...extOf(target, spec, needed)), pointers);
}

type ExtParts = Parameters<typeof mergeExt>;

const extOf = (target: Target, { extJson }: RolloutSpec, settings: NeededSettings | null): ExtParts => [
  extJson,
  [...(settings?.extPatches ?? []), target.extPatch],
  target.appid,
];

/** The request of COMMIT, as it was or would be sent, before settings are applied. */
export const commitRequest = (target: Target, context: Context): TargetRequest | undefined =>
  requestOf({ ...target, step: 'COMMIT', part: 0 }, context, NO_FACTS);

/** The request of SUBMIT_AUDIT, as it was or would be sent; without items while a rule has not built them. */
export function submitAuditRequest(target: Target, context: Context): TargetRequest | undefined {
  const checkedItems = target.checkedItems ?? [];
  return requestOf({ ...target, checkedItems, step: 'SUBMIT_AUDIT', part: 0 }, context, NO_FACTS);
}

type Build = (target: Target, context: Context, facts: RequestFacts) => StepRequest | undefined;

const STEPS: Record<Step, Build> = {
  READINESS: () => undefined,
  COMMIT: (target, { spec }, { settings }) => ({
    method: 'Commit',
    operation: 'commit',
    fields: {
      templateId: String(spec.templateId),
      extJson: mergeExtJson(...extOf(target, spec, settings)),
      userVersion: spec.userVersion,
      userDesc: spec.userDesc,
    },
  }),
  SETTINGS: (target, _, { settings }) => (settings === null ? undefined : settingsRequest(target, settings)),
  CHECK: (target, { spec }) => {
    const check = checkAt(target.part, checksOf(target, spec));
    return check && query(CHECK_METHODS[check], `check${target.part}`);
  },
  SUBMIT_AUDIT: (target, { spec }) => {
    if (target.part === SUBMIT_PART.UNDO) return { method: 'UndoAudit', operation: 'undo', fields: {} };
    if (target.part === SUBMIT_PART.LOOK) return query('GetLatestAuditStatus', 'check0');
    const items = itemsOf(target, spec);
    return items && { method: 'SubmitAudit', operation: 'submit', fields: submitFields(items, spec) };
  },
  AUDIT: ({ auditId }) => ({
    method: 'SpeedUpAudit',
    operation: 'speedup',
    fields: { auditId: auditId ?? '0' },
  }),
  RELEASE: ({ part, auditId }, { spec }) => {
    const expected = { expectedAuditId: auditId ?? '0', expectedUserVersion: spec.userVersion };
    const gray = grayStepsOf(spec)[part];
    if (gray === undefined) return { method: 'Release', operation: 'release', fields: expected };
    const { percentage, supportDebuggerFirst, supportExperiencerFirst } = gray;
    const fields = { percentage, supportDebuggerFirst, supportExperiencerFirst, ...expected };
    return { method: 'GrayRelease', operation: `gray${part}`, fields };
  },
  ROLL_BACK: ({ part }, { spec }, { first }) => {
    const method = rollBackMethod(part, first, spec.rollbackOptions);
    if (method === undefined) return undefined;
    const expected =
      method === 'RevertRelease'
        ? { expectedUserVersion: spec.userVersion }
        : { expectedAuditId: first?.auditId ?? '0' };
    return { method, operation: `rollback${part}`, fields: expected };
  },
  VERIFY: ({ part }) =>
    query(part === VERIFY_PART.DOMAINS ? 'GetDomains' : 'GetVersionInfo', `verify${part}`),
};

/** Undefined if the settings name nothing for the part. */
function settingsRequest({ part, checkResults }: Target, needed: NeededSettings): StepRequest | undefined {
  const { serverDomains, webviewDomains, privacyGuide, interfaces } = needed.settings;
  if (part >= SETTINGS_PART.LOOK) return query('ListPrivacyInterfaces', `interfaces${part}`);
  if (part >= SETTINGS_PART.APPLY) {
    const apiName = checkResults?.interfaces?.[part - SETTINGS_PART.APPLY];
    const application = interfaces.find((one) => one.apiName === apiName)?.application;
    return application && set('ApplyPrivacyInterface', `apply${part}`, { apiName, application });
  }
  switch (settingsPartFrom(part, needed) === part ? part : undefined) {
    case SETTINGS_PART.SERVER_DOMAINS:
      return set('SetServerDomains', 'domains', {
        domains: serverDomains && ServerDomains.toJSON(serverDomains),
      });
    case SETTINGS_PART.WEBVIEW_DOMAINS:
      return set('SetWebviewDomains', 'webview', { domains: { domains: webviewDomains } });
    case SETTINGS_PART.GUIDE:
      return guideRequest(privacyGuide, part);
    case SETTINGS_PART.INTERFACES:
      return query('ListPrivacyInterfaces', `interfaces${part}`);
    default:
      return undefined;
  }
}

/** A guide that names no kind of data is not set: the one that WeChat has, or none, may be enough, which a read shows. */
function guideRequest(guide: PrivacyGuide | undefined, part: number): StepRequest {
  if (guide === undefined || (guide.purposes.length === 0 && guide.sdks.length === 0))
    return query('GetPrivacyGuide', `guide${part}`);
  return set('SetPrivacyGuide', 'guide', { guide: PrivacyGuide.toJSON(guide) });
}

const set = (method: Method, operation: string, fields: object): StepRequest => ({
  method,
  operation,
  fields,
});

/** The query of each check. */
const CHECK_METHODS: Record<StepCheck, Method> = {
  BASELINE: 'GetVersionInfo',
  PAGES: 'ListPages',
  CATEGORIES: 'ListCategories',
  PRIVACY: 'GetPrivacyCheck',
};

const query = (method: Method, operation: string): StepRequest => ({ method, operation, fields: {} });

/** The methods that a step may use. */
export const METHODS_OF: Record<Step, (context: Pick<RolloutContext, 'spec'>) => Method[]> = {
  READINESS: () => [],
  COMMIT: () => ['Commit'],
  SETTINGS: () => [
    ...(['SetServerDomains', 'SetWebviewDomains', 'SetPrivacyGuide', 'GetPrivacyGuide'] as const),
    ...(['ListPrivacyInterfaces', 'ApplyPrivacyInterface'] as const),
  ],
  CHECK: ({ spec }) => checksOf({ items: null }, spec).map((check) => CHECK_METHODS[check]),
  SUBMIT_AUDIT: ({ spec }) => ['SubmitAudit', ...(ON_OPEN_AUDIT[spec.audit?.onOpenAudit ?? 'none'] ?? [])],
  AUDIT: ({ spec }) => (spec.waves.some(({ speedUp }) => speedUp) ? ['SpeedUpAudit'] : []),
  RELEASE: ({ spec }) => (grayStepsOf(spec).length > 0 ? ['Release', 'GrayRelease'] : ['Release']),
  ROLL_BACK: ({ spec }) => [
    ...(['RevertRelease', 'RevertGrayRelease'] as const),
    ...(spec.rollbackOptions?.withdrawAudits ? (['UndoAudit'] as const) : []),
  ],
  VERIFY: ({ spec }) => ['GetVersionInfo', ...(spec.settings === undefined ? [] : (['GetDomains'] as const))],
};

/** What SUBMIT_AUDIT may call if another audit is open. */
const ON_OPEN_AUDIT: Readonly<Record<string, Method[]>> = {
  [OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW]: ['UndoAudit'],
  [OnOpenAudit.ON_OPEN_AUDIT_WAIT]: ['GetLatestAuditStatus'],
};

/** Every method that the steps of a rollout may call. */
export function methodsOfRollout(spec: RolloutSpec, isRollback: boolean): Method[] {
  return [...new Set(pipelineOf(spec, isRollback).flatMap((step) => METHODS_OF[step]({ spec })))];
}

function submitFields(items: unknown[], { audit, userVersion }: Context['spec']): Record<string, unknown> {
  return {
    items,
    versionDesc: audit?.versionDesc,
    feedbackInfo: audit?.feedbackInfo,
    privacyApiNotUsed: audit?.privacyApiNotUsed,
    orderPath: audit?.orderPath,
    ugcDeclaration: audit?.ugcDeclaration,
    waitForPrivacyCheck: true,
    expectedUserVersion: userVersion,
    failWithoutQuota: true,
  };
}

/** The JSON as the message type writes it, so that it equals that of a caller's request. */
function toJson(method: Method, fields: Record<string, unknown>): Record<string, unknown> {
  const { request } = METHODS[method] as { request: ReadWriteJson };
  return request.toJSON(request.fromJSON(fields)) as Record<string, unknown>;
}

interface ReadWriteJson {
  fromJSON(object: unknown): unknown;
  toJSON(message: unknown): unknown;
}

/**
 * The `ext_json` of one mini-program: that of the specification with merge patches (RFC 7396) applied one after the other and
 * `extAppid` set. Numbers keep their digits.
 * @param extJson empty means `{}`.
 * @param patches null or empty means none.
 * @throws SyntaxError if one of the texts is not JSON or names a member twice.
 */
export const mergeExtJson = (...parts: ExtParts): string => stringify(mergeExt(...parts)) ?? '{}';

function mergeExt(extJson: string, patches: readonly (string | null)[], appid: string): object {
  const merged = patches.reduce<unknown>(
    (value, patch) => (patch === null || patch === '' ? value : applyPatch(value, parse(patch))),
    parseOnce(extJson || '{}'),
  );
  const object = isJsonObject(merged) ? merged : {};
  return { ...object, extAppid: appid };
}

/** A rollout has one text of up to 256 KiB for all of its targets. */
let parsed: { text: string; value: unknown } | undefined;

function parseOnce(text: string): unknown {
  if (parsed?.text !== text) parsed = { text, value: parse(text) };
  return parsed.value;
}
