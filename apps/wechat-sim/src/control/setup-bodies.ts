import { z } from 'zod';
import { pushPlan } from '../model/audit-rules.js';
import { SERVER_KINDS } from '../model/setup.js';

const wholeNumber = z.int().min(0);
const domains = z.array(z.string().min(1));

/** The inputs of a mini-program's setup. */
export const setupPatch = z.strictObject({
  accountStatus: wholeNumber.optional(),
  isIndividual: z.boolean().optional(),
  isVerified: z.boolean().optional(),
  ignoresGuide: z.boolean().optional(),
  failsGuideReview: z.boolean().optional(),
  domainChangesUsed: wholeNumber.optional(),
  ownerDomains: z.partialRecord(z.enum([...SERVER_KINDS, 'webviewdomain']), domains).optional(),
  interfaces: z
    .array(z.strictObject({ api_name: z.string().min(1), status: z.int().min(1).max(5) }))
    .optional(),
  expiredMedia: z.array(z.string()).optional(),
});

/** The inputs of the platform that concern the setup of mini-programs. */
export const platformSetup = {
  /** null: mini-programs may use any domain. */
  serverDomains: domains.nullable().optional(),
  webviewDomains: domains.nullable().optional(),
  domainChangesUsed: wholeNumber.optional(),
  noIcpDomains: domains.optional(),
  templatePrivacy: z.record(z.string().regex(/^\d+$/), z.array(z.string().min(1))).optional(),
  auditsForbidden: z.enum(['new', 'further']).nullable().optional(),
};

export type PlatformSetupPatch = z.output<z.ZodObject<typeof platformSetup>>;

export const filingBody = z.strictObject({
  status: wholeNumber,
  isCanceling: z.boolean().default(false),
  refused: z
    .array(z.strictObject({ key_name: z.string(), error: z.string(), suggest: z.string() }))
    .default([]),
  push: pushPlan,
});

export const interfaceBody = z.strictObject({
  apiName: z.string().min(1),
  decision: z.enum(['approve', 'refuse']),
  reason: z.string().default('申请原因不充分'),
  push: pushPlan,
});
