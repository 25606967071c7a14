/** A row of `rollout_targets`. */
export interface StoredTarget {
  appid: string;
  position: number;
  wave: number;
  waveGiven: number;
  /** Number of RolloutStep. */
  step: number;
  state: string;
  part: number;
  attempt: number;
  completions: number;
  waitsFor: string | null;
  dueAt: Date | null;
  operationId: string | null;
  auditId: string | null;
  auditDelayed: boolean;
  grayShare: number | null;
  isReleased: boolean;
  baselineVersion: string | null;
  /** Proto3 JSON of OperationError. */
  error: unknown;
  /** JSON text of a merge patch. */
  extPatch: string | null;
  /** Proto3 JSON of its own audit items. */
  items: unknown[] | null;
  /** Proto3 JSON of the audit items that a rule built. */
  checkedItems: unknown[] | null;
  updatedAt: Date;
}

/** The select list of a StoredTarget, from the table alias `t`. */
export const TARGET = `t.appid, t.position, t.wave, t.wave_given as "waveGiven", t.step, t.state, t.part, t.attempt,
  t.completions, t.waits_for as "waitsFor", t.due_at as "dueAt", t.operation_id as "operationId",
  t.audit_id as "auditId", t.audit_delayed as "auditDelayed", t.gray_share as "grayShare", t.released as "isReleased",
  t.baseline_version as "baselineVersion", t.error,
  t.ext_patch::text as "extPatch", t.items, t.checked_items as "checkedItems", t.updated_at as "updatedAt"`;

/** Which targets a filter selects; all conditions that are set must hold. */
export interface TargetFilter {
  states?: readonly string[];
  /** Numbers of RolloutStep. */
  steps?: readonly number[];
  wave?: number;
  reason?: string;
  errcode?: number;
  appids?: readonly string[];
  title?: string;
}

/** The SQL conditions of a filter, for the table alias `t`. */
export function conditionsOf(filter: TargetFilter, bind: (value: unknown) => string): string[] {
  const { states, steps, wave, reason, errcode, appids, title } = filter;
  return [
    ...(states === undefined ? [] : [`t.state = any(${bind(states)}::text[])`]),
    ...(steps === undefined ? [] : [`t.step = any(${bind(steps)}::smallint[])`]),
    ...(wave === undefined ? [] : [`t.wave = ${bind(wave)}`]),
    ...(reason === undefined ? [] : [`t.reason = ${bind(reason)}`]),
    ...(errcode === undefined ? [] : [`t.errcode = ${bind(errcode)}`]),
    ...(appids === undefined ? [] : [`t.appid = any(${bind(appids)}::text[])`]),
    ...(title === undefined ? [] : [`t.error_title = ${bind(title)}`]),
  ];
}
