import { type Method, RolloutAudit_OnOpenAudit as OnOpenAudit, type RolloutSpec } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { grayStepsOf, pipelineOf } from '../pipeline.js';
import { checksOf } from '../requests/parts.js';
import { CHECK_METHODS } from '../requests/request-of.js';
import type { RolloutContext, TurnLimits } from '../rollout.js';
import type { Step } from '../target.js';

/** The methods that a step may use. */
const METHODS_OF: Record<Step, (context: Pick<RolloutContext, 'spec'>) => Method[]> = {
  READINESS: () => [],
  COMMIT: () => ['Commit'],
  SETTINGS: () => [
    ...(['SetServerDomains', 'SetWebviewDomains', 'SetPrivacyGuide'] as const),
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

/**
 * The stop that holds a step, because the step may call its API; undefined if there is none. The stop of wxa/submit_audit for
 * its quota is no such stop: it is the hold AUDIT_QUOTA.
 */
export function stoppedApiOf(
  step: Step,
  context: Pick<RolloutContext, 'spec'>,
  { stops }: Pick<TurnLimits, 'stops'>,
): TurnLimits['stops'][number] | undefined {
  const apis = new Set<string>(METHODS_OF[step](context).map((method) => ROOMS[method].api));
  return stops.find(({ api, byQuota }) => apis.has(api) && !(byQuota && api === ROOMS.SubmitAudit.api));
}
