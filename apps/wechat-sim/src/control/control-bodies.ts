import { isEncodingAesKey } from '@wxa/wxa-client';
import { z } from 'zod';
import { LAST_TEMPLATE_ID } from '../mini-program/commit.js';
import { auditRules, auditSampling, pushPlan, timerDelay } from '../model/audit-rules.js';
import type { PushFields } from '../push/push-xml.js';
import { API_TABLE } from '../wechat/api-table.js';
import { FAULT_KINDS, type FaultKind } from '../wechat/faults.js';
import { APPID_PATTERN } from '../wechat/tokens.js';
import { platformSetup, setupPatch } from './setup-bodies.js';

/** Kinds of fault that by their nature apply after WeChat has executed the call. */
const AFTER: readonly FaultKind[] = ['lost', 'half', 'garbage'];

const category = z.object({
  first_class: z.string(),
  second_class: z.string(),
  third_class: z.string().optional(),
  first_id: z.int(),
  second_id: z.int(),
  third_id: z.int().optional(),
  delisted: z.boolean().optional(),
  ugc: z.boolean().optional(),
});

const wholeNumber = z.int().min(0);
const appid = z.string().regex(APPID_PATTERN);

/** A number or its digits: JSON parsers elsewhere may round ids above 2^53. */
const bigId = z.union([z.bigint(), z.int(), z.string().regex(/^\d{1,19}$/)]).transform(BigInt);

export const appPatch = z.strictObject({
  nextAuditId: bigId.optional(),
  notInitialized: z.boolean().optional(),
  notThirdParty: z.boolean().optional(),
  categories: z.array(category).optional(),
  undo: z
    .strictObject({ usedToday: wholeNumber.optional(), usedThisMonth: wholeNumber.optional() })
    .optional(),
  visible: z.boolean().optional(),
  supportVersion: z.string().optional(),
  grayStatus: z.int().min(0).max(4).optional(),
  privacyCheckMs: wholeNumber.optional(),
  forbiddenPrivateApis: z.array(z.string().min(1)).optional(),
  undeclaredPrivateApis: z.array(z.string().min(1)).optional(),
  latestAuditIdAs: z.enum(['string', 'number']).optional(),
  setup: setupPatch.optional(),
  readLagMs: wholeNumber.optional(),
  expireToken: z.literal(true).optional(),
  endRefreshToken: z.literal(true).optional(),
});

export const platformPatch = z.strictObject({
  auditQuota: z
    .strictObject({
      rest: wholeNumber.optional(),
      limit: wholeNumber.optional(),
      speedupRest: wholeNumber.optional(),
      speedupLimit: wholeNumber.optional(),
      maxOpen: wholeNumber.nullable().optional(),
    })
    .optional(),
  auditRules: auditRules.optional(),
  auditSampling: auditSampling.optional(),
  deletedTemplates: z.array(wholeNumber.max(LAST_TEMPLATE_ID)).optional(),
  ...platformSetup,
});

export const byHandBody = z.strictObject({
  api: z.string().transform((name, context) => {
    const api = API_TABLE.find((one) => one.name === name && one.kind === 'change');
    if (api) return api;
    context.addIssue({ code: 'custom', message: 'must be an API that changes a mini-program' });
    return z.NEVER;
  }),
  query: z.record(z.string(), z.string()).default({}),
  body: z.record(z.string(), z.unknown()).default({}),
});

/** The usual permission sets of a platform for mini-programs; 18 is code management. */
const USUAL_SETS = [17, 18, 25];

export const authorizationBody = z.strictObject({
  permissionSets: z.array(z.int().min(1)).max(100).default(USUAL_SETS),
  preAuthCode: z.string().optional(),
  push: pushPlan,
});

/**
 * The first accounts are official accounts, the next ones are listed without a refresh token. The last ones have not filed, and
 * those before them have no category.
 */
export const authorizeManyBody = z.strictObject({
  count: z.int().min(1).max(500),
  permissionSets: z.array(z.int().min(1)).max(100).default(USUAL_SETS),
  officialAccounts: wholeNumber.default(0),
  listedWithoutToken: wholeNumber.default(0),
  withoutCategory: wholeNumber.default(0),
  unfiled: wholeNumber.default(0),
  /** When those who have not filed do so. */
  fileAfterMs: timerDelay.optional(),
  push: pushPlan,
});

export const withdrawalBody = z.strictObject({ push: pushPlan });

export const componentPatch = z.strictObject({
  ticketIntervalMs: wholeNumber.optional(),
  tokenLifeMs: z.int().min(1).optional(),
  codeLifeMs: wholeNumber.optional(),
  listMoves: wholeNumber.optional(),
  refreshTokens: z.enum(['rotate', 'keep']).optional(),
  refreshGraceMs: wholeNumber.optional(),
  expireToken: z.literal(true).optional(),
  expireTickets: z.literal(true).optional(),
});

const elementName = z.string().regex(/^[A-Za-z_]\w*$/);
const pushValue: z.ZodType<PushFields[string], PushFields[string]> = z.lazy(() =>
  z.union([z.string(), z.number(), z.array(pushValue), z.record(elementName, pushValue)]),
);

/** A load of callbacks: so many a second, of these names in turn, to so many mini-programs in turn, for so long. */
export const callbackLoadBody = z.strictObject({
  rate: z.number().positive().max(5_000),
  names: z.array(z.string().min(1)).min(1),
  appids: z.array(appid).min(1),
  seconds: z.number().positive().max(86_400),
  retryMs: z.int().min(0).default(5_000),
});

/**
 * The URL of messages and events, with `$APPID$`, and that of authorization events, by default the first one without `/$APPID$`. Token
 * and key are those of the live version if they are not given.
 */
export const callbackUrlBody = z.strictObject({
  callbackUrl: z.url({ protocol: /^https?$/ }),
  authorizationUrl: z.url({ protocol: /^https?$/ }).optional(),
  callbackToken: z.string().min(1).optional(),
  encodingAesKey: z.string().refine(isEncodingAesKey, 'must be 43 characters of base64').optional(),
});

/** WeChat lists at most 10 accounts for the test version. */
export const testUrlBody = callbackUrlBody.extend({ appids: z.array(appid).max(10) });

export const pushBody = z.strictObject({
  event: z.string().min(1),
  fields: z.record(elementName, pushValue).default({}),
  json: z.boolean().default(false),
  times: z.int().min(1).max(1000).default(1),
  mode: z.enum(['secure', 'plain']).optional(),
});

const faultFields = z
  .strictObject({
    api: z
      .string()
      .default('*')
      .transform((name) => name.replace(/^\//, '')),
    appid: z.string().optional(),
    kind: z.enum(FAULT_KINDS),
    errcode: z.int().optional(),
    errmsg: z.string().optional(),
    status: z.int().min(200).max(599).optional(),
    ms: wholeNumber.optional(),
    when: z.enum(['before', 'after']).optional(),
    times: wholeNumber.default(1),
    rate: z.number().min(0).max(1).optional(),
    releasedAs: z.enum(FAULT_KINDS).optional(),
    after: z.string().optional(),
  })
  .transform((body) => ({ ...body, when: body.when ?? defaultWhen(body.kind) }));

/** `then` becomes `releasedAs`: in TypeScript an object with a property `then` looks like a promise. */
export const faultBody = z.preprocess(thenRenamed, faultFields);

function thenRenamed(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('then' in body)) return body;
  const { then, ...rest } = body;
  return { ...rest, releasedAs: then };
}

function defaultWhen(kind: FaultKind): 'before' | 'after' {
  return AFTER.includes(kind) ? 'after' : 'before';
}

const rate = z.number().min(0).optional();
export const limitsBody = z.strictObject({ perAppidPerApi: rate, perApi: rate, dailyPerApi: rate });

export const ledgerQuery = z.object({
  appid: z.string().optional(),
  api: z.string().optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
});
