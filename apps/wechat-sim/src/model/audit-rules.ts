import { z } from 'zod';

const wholeNumber = z.int().min(0);

/** The longest delay of a timer of Node, about 24 days. */
export const timerDelay = wholeNumber.max(2 ** 31 - 1);

export const pushPlan = z
  .strictObject({
    times: z.int().min(0).max(1000).optional(),
    delayMs: wholeNumber.optional(),
    gapMs: wholeNumber.optional(),
    none: z.boolean().optional(),
  })
  .optional();

export const auditDecision = z.strictObject({
  decision: z.enum(['approve', 'reject', 'delay']),
  reason: z.string().optional(),
  screenshot: z.string().optional(),
  push: pushPlan,
});

const auditRule = auditDecision.extend({
  /** An appid, in which `*` is any number of characters. */
  appid: z
    .string()
    .regex(/^[wx0-9a-f*]+$/, 'must be an appid, in which * is any number of characters')
    .default('*'),
  share: z.number().min(0).max(1).default(1),
  delayMs: timerDelay.default(0),
});

export const auditRules = z.array(auditRule).max(1000);

export const auditSampling = z.strictObject({
  share: z.number().min(0).max(1).optional(),
  delayMs: timerDelay.nullable().optional(),
  isBad: z.boolean().optional(),
});

/** Decides audits without the control API. */
export type AuditRule = z.output<typeof auditRule>;

/** A rule and its progress. */
export interface CountedRule extends AuditRule {
  /** Audits that no rule before it applied to, of the mini-programs of its pattern. */
  matched: number;
  /** Those that it applied to. */
  applied: number;
}

export function countedRules(rules: readonly AuditRule[]): CountedRule[] {
  return rules.map((rule) => ({ ...rule, matched: 0, applied: 0 }));
}

/** The first rule for a new audit of a mini-program, counted as applied. */
export function takeRule(rules: readonly CountedRule[], appid: string): CountedRule | undefined {
  for (const rule of rules) {
    if (!isMatch(rule.appid, appid)) continue;
    rule.matched += 1;
    if (!isOfShare(rule.share, rule.matched)) continue;
    rule.applied += 1;
    return rule;
  }
  return undefined;
}

/**
 * Whether the n-th of a series (from 1) belongs to a share of it. The share is spread evenly and is exact after any
 * number, so that a test can count on it.
 */
export function isOfShare(share: number, n: number): boolean {
  return upTo(share, n) > upTo(share, n - 1);
}

/** The sum of a share such as 0.1 may be just below a whole number. */
const upTo = (share: number, n: number) => Math.floor(share * n + 1e-9);

function isMatch(pattern: string, appid: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(appid);
}
