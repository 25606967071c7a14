import { AuditItem, OperationError } from '@wxa/contracts';
import { columns, storable } from '@wxa/postgres';
import { errorTitle } from '../core/failures/error-title.js';
import type { TargetFilter } from '../core/messages/filter-of.js';
import { shownError } from '../core/rollout-target.js';
import { STEP_NUMBERS, stepOfNumber, type Target } from '../core/target.js';

/** A row of `rollout_targets`: a Target with the number of its step, and with proto3 JSON of error and items. */
export interface StoredTarget extends Omit<Target, 'step' | 'error' | 'items' | 'checkedItems'> {
  step: number;
  error: unknown;
  items: unknown[] | null;
  checkedItems: unknown[] | null;
  waveGiven: number;
  /** Of the error that is shown, for lists and groups of failures. */
  reason: string | null;
  errcode: number | null;
  errorTitle: string | null;
  updatedAt: Date;
}

export const TARGET = columns<StoredTarget>({
  appid: 'text',
  position: 'int',
  wave: 'smallint',
  waveGiven: 'smallint',
  step: 'smallint',
  state: 'text',
  part: 'smallint',
  attempt: 'smallint',
  completions: 'smallint',
  holdsAppid: 'boolean',
  waitsFor: 'text',
  dueAt: 'timestamptz',
  privacyAt: 'timestamptz',
  operationId: 'uuid',
  auditOperationId: 'uuid',
  auditId: 'bigint',
  auditDelayed: 'boolean',
  grayShare: 'smallint',
  isReleased: ['boolean', 'released'],
  baselineVersion: 'text',
  error: 'json',
  reason: 'text',
  errcode: 'int',
  errorTitle: 'text',
  extPatch: 'json text',
  items: 'json',
  checkResults: 'json',
  checkedItems: 'json',
  settingsHash: 'text',
  driftedDomains: 'json',
  updatedAt: 'timestamptz',
});

const itemsOf = (items: unknown[] | null) => items?.map((item) => AuditItem.fromJSON(item)) ?? null;
const jsonOf = (items: AuditItem[] | null) => items?.map((item) => AuditItem.toJSON(item)) ?? null;

/** The target of a row. Throws if this version does not know its step. */
export function targetOf(row: Pick<StoredTarget, keyof Target>): Target {
  return {
    ...row,
    step: stepOfNumber(row.step),
    error: row.error === null ? null : OperationError.fromJSON(row.error),
    items: itemsOf(row.items),
    checkedItems: itemsOf(row.checkedItems),
  };
}

/** The row of a target, as far as turns write it. */
export function rowOf(target: Target): Omit<StoredTarget, 'waveGiven' | 'updatedAt'> {
  const { error, baselineVersion } = target;
  const shown = shownError(target);
  return {
    ...target,
    step: STEP_NUMBERS[target.step],
    baselineVersion: baselineVersion && storable(baselineVersion),
    error: error && OperationError.toJSON(error),
    reason: shown?.reason || null,
    errcode: shown?.errcode || null,
    errorTitle: shown && storable(errorTitle(shown)),
    items: jsonOf(target.items),
    checkedItems: jsonOf(target.checkedItems),
  };
}

/** The select list of a StoredTarget, from the table alias `t`. Nothing that is shown needs the results of its checks, which can be large. */
export const SHOWN = TARGET.select('t', { checkResults: 'null' });

/** The SQL conditions of a filter, for the table alias `t`. */
export function conditionsOf(filter: TargetFilter, bind: (value: unknown) => string): string[] {
  const { states, steps, wave, reason, errcode, appids, title, drifted } = filter;
  return [
    ...(states === undefined ? [] : [`t.state = any(${bind(states)}::text[])`]),
    ...(steps === undefined ? [] : [`t.step = any(${bind(steps)}::smallint[])`]),
    ...(wave === undefined ? [] : [`t.wave = ${bind(wave)}`]),
    ...(reason === undefined ? [] : [`t.reason = ${bind(storable(reason))}`]),
    ...(errcode === undefined ? [] : [`t.errcode = ${bind(errcode)}`]),
    ...(appids === undefined ? [] : [`t.appid = any(${bind(appids)}::text[])`]),
    ...(title === undefined ? [] : [`t.error_title = ${bind(storable(title))}`]),
    ...(drifted ? ['t.drifted_domains is not null'] : []),
  ];
}
