import { type Method, RolloutAudit_OnOpenAudit as OnOpenAudit } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { grayStepsOf } from '../pipeline.js';
import { checksOf } from '../requests/checks.js';
import { CHECK_METHODS } from '../requests/request-of.js';
import type { PlatformLimits, RolloutContext } from '../rollout.js';
import type { Step } from '../target.js';

/** The methods that a step may use. */
const METHODS_OF: Record<Step, (context: Pick<RolloutContext, 'spec'>) => Method[]> = {
  COMMIT: () => ['Commit'],
  CHECK: ({ spec }) => checksOf({ items: null }, spec).map((check) => CHECK_METHODS[check]),
  SUBMIT_AUDIT: ({ spec }) =>
    spec.audit?.onOpenAudit === OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW
      ? ['SubmitAudit', 'UndoAudit']
      : ['SubmitAudit'],
  AUDIT: () => ['SpeedUpAudit'],
  RELEASE: ({ spec }) => (grayStepsOf(spec).length > 0 ? ['Release', 'GrayRelease'] : ['Release']),
  ROLL_BACK: () => ['RevertRelease', 'RevertGrayRelease', 'GetGrayReleasePlan'],
  VERIFY: () => ['GetVersionInfo'],
};

/**
 * The stop that holds a step, because the step may call its API; undefined if there is none. The stop of wxa/submit_audit for
 * its quota is no such stop: it is the hold AUDIT_QUOTA.
 */
export function stoppedApiOf(
  step: Step,
  context: Pick<RolloutContext, 'spec'>,
  { stops }: Pick<PlatformLimits, 'stops'>,
): PlatformLimits['stops'][number] | undefined {
  const apis = new Set<string>(METHODS_OF[step](context).map((method) => ROOMS[method].api));
  return stops.find(({ api, byQuota }) => apis.has(api) && !(byQuota && api === ROOMS.SubmitAudit.api));
}
