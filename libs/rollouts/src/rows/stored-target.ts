import { columns } from '@wxa/postgres';

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
  holdsAppid: boolean;
  waitsFor: string | null;
  dueAt: Date | null;
  privacyAt: Date | null;
  operationId: string | null;
  auditOperationId: string | null;
  /** In decimal digits. */
  auditId: string | null;
  auditDelayed: boolean;
  grayShare: number | null;
  isReleased: boolean;
  baselineVersion: string | null;
  /** Proto3 JSON of OperationError. */
  error: unknown;
  /** Of the error that is shown, for lists and groups of failures. */
  reason: string | null;
  errcode: number | null;
  errorTitle: string | null;
  /** JSON text of a merge patch. */
  extPatch: string | null;
  /** Proto3 JSON of its own audit items. */
  items: unknown[] | null;
  checkResults: unknown;
  /** Proto3 JSON of the audit items that a rule built. */
  checkedItems: unknown[] | null;
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
  updatedAt: 'timestamptz',
});

/** The select list of a StoredTarget, from the table alias `t`. Nothing that is shown needs the results of its checks, which can be large. */
export const SHOWN = TARGET.select('t', { checkResults: 'null' });

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
