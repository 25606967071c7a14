import { type Problem, problem, type RequestOf } from '@wxa/contracts';
import { API, type GrayReleasePlan } from '@wxa/wxa-client';
import { field } from '../checks.js';
import { reasonField } from '../fields.js';
import { EXPECTED_AUDIT_ID, EXPECTED_USER_VERSION, expectedAudit } from '../preconditions.js';
import {
  type Comparison,
  defineChange,
  EXECUTED,
  inconclusive,
  isSame,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  withoutResult,
} from '../room.js';

export const grayRelease = defineChange('GrayRelease', {
  api: API.grayRelease,
  validate: [
    field('percentage', (r) => r, percentageOrFlag),
    EXPECTED_AUDIT_ID,
    EXPECTED_USER_VERSION,
    reasonField,
  ],
  preconditions: [expectedAudit(API.grayRelease, 'APPROVED')],
  call: async ({ percentage, supportDebuggerFirst, supportExperiencerFirst }, { client, options }) =>
    withoutResult(
      await client.grayRelease({ percentage, supportDebuggerFirst, supportExperiencerFirst }, options),
    ),
  reconcile: {
    api: API.getGrayReleasePlan,
    snapshot: async ({ client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => ({ values: valuesOf(plan) })),
    check: async ({ request, snapshot }, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => compare(request, snapshot, plan)),
    duplicateCodes: [85082],
  },
});

function percentageOrFlag({ percentage, ...flags }: RequestOf<'GrayRelease'>): Problem | undefined {
  if (percentage >= 1 && percentage <= 100) return undefined;
  if (percentage === 0 && (flags.supportDebuggerFirst || flags.supportExperiencerFirst)) return undefined;
  return problem('GRAY_PERCENTAGE', { actual: percentage });
}

function valuesOf(plan: GrayReleasePlan | undefined): Record<string, string> {
  if (plan === undefined) return { status: '' };
  const { status, percentage, supportDebuggerFirst, supportExperiencerFirst, createdAt } = plan;
  return {
    status,
    percentage: String(percentage),
    first: `${supportDebuggerFirst ?? false} ${supportExperiencerFirst ?? false}`,
    time: createdAt?.toISOString() ?? '',
  };
}

function compare(
  request: RequestOf<'GrayRelease'>,
  before: Record<string, string> | null,
  plan: GrayReleasePlan | undefined,
): Comparison {
  if (before === null) return NO_SNAPSHOT;
  if (isSame(valuesOf(plan), before)) return NOT_EXECUTED;
  return plan !== undefined && isRequested(request, plan)
    ? EXECUTED
    : inconclusive(`the gray release changed in the meantime: ${plan?.status} at ${plan?.percentage} %`);
}

function isRequested(request: RequestOf<'GrayRelease'>, plan: GrayReleasePlan): boolean {
  // The flags are missing in the example of WeChat's page.
  const isEqual = (flag: boolean | undefined, requested: boolean) => flag === undefined || flag === requested;
  const isInEffect = plan.status === 'RUNNING' || (plan.status === 'COMPLETED' && plan.percentage === 100);
  return (
    isInEffect &&
    plan.percentage === request.percentage &&
    isEqual(plan.supportDebuggerFirst, request.supportDebuggerFirst) &&
    isEqual(plan.supportExperiencerFirst, request.supportExperiencerFirst)
  );
}
