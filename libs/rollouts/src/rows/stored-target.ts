import { columns } from '@wxa/postgres';
import type { TargetFilter } from '../core/messages/filter-of.js';
import type { StoredTarget } from '../core/messages/target-of.js';

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
