import { serviceOf } from '@wxa/contracts';
import type { AuditMethod, NewOperation } from '@wxa/operations';
import type { CallerLimits } from '@wxa/policy';
import { type RpcError, rpcError } from '../errors/rpc-error.js';
import { callerLimited } from '../metrics.js';

const PER_MONTH = {
  SubmitAudit: { limit: 'auditsPerMonth', what: 'audits' },
  SpeedUpAudit: { limit: 'speedUpsPerMonth', what: 'speed-ups' },
} as const satisfies Record<AuditMethod, unknown>;

const isLimited = (method: string): method is AuditMethod => Object.hasOwn(PER_MONTH, method);

/** How many operations of a method may be accepted for a caller in a month; undefined without a limit. */
export function monthLimit(method: string, limits: CallerLimits | undefined): number | undefined {
  return isLimited(method) ? limits?.[PER_MONTH[method].limit] : undefined;
}

/** The error of an operation whose caller has `used` of at most `most`. A client that repeated it by itself would do so all month. */
export function overMonthLimit(
  { method, acceptedBy }: Pick<NewOperation, 'method' | 'acceptedBy'>,
  { most, used }: { most: number; used: number },
): RpcError {
  const { limit, what } = PER_MONTH[method as AuditMethod];
  const caller = acceptedBy ?? '';
  callerLimited.inc({ caller, limit });
  const message = `caller ${caller} has ${used} ${what} this month, of at most ${most}`;
  const facts = { caller, method: `${serviceOf(method as AuditMethod)}/${method}`, retryable: false };
  return rpcError('CALLER_QUOTA_EXCEEDED', message, facts);
}
