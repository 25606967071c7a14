import type { OperationRow } from '../history.js';
import { askedKey, type Execution } from './executions.js';
import { type Check, type Evidence, type Wrong, wrong } from './wrong.js';

/** WeChat's "busy": it says nothing about whether it acted. */
const BUSY = -1;
/** What these set may be set again: after a -1 they are repeated unasked (docs/decisions/in-doubt.md). */
const REPEATABLE = ['Commit', 'ChangeVisitStatus', 'SetSupportVersion'];

/** Two effects of one operation, both confirmed to us. */
export const confirmedTwice: Check = (evidence) =>
  twice(evidence)
    .filter(({ effects }) => effects.filter(isConfirmed).length > 1)
    .map(({ operation, effects }) => wrong(operation, `${told(effects)}: confirmed more than once`));

/** Two effects of one operation, of which one answer at most reached us. */
export const executedTwice: Check = (evidence) =>
  twice(evidence)
    .filter(({ effects }) => effects.filter(isConfirmed).length < 2 && !isRepeatedAfterBusy(effects))
    .map(({ operation, effects }) => wrong(operation, told(effects)));

/** How often a -1 was followed by a repeat of what does no harm. */
export function repeatedAfterBusy(evidence: Evidence): Wrong[] {
  return twice(evidence)
    .filter(({ effects }) => effects.filter(isConfirmed).length < 2 && isRepeatedAfterBusy(effects))
    .map(({ operation, effects }) => wrong(operation, told(effects)));
}

/** An effect that no operation accounts for. */
export const unaccounted: Check = ({ executions }) =>
  executions.flatMap(({ call, operation }) =>
    operation
      ? []
      : [wrong({ appid: call.appid ?? '', id: '' }, `${call.effect} (call ${call.seq}) is of no operation`)],
  );

/** SUCCEEDED where WeChat did nothing, FAILED or CANCELLED where it did. */
export const untrue: Check = (evidence) =>
  evidence.operations.flatMap((row) => {
    if (!row.isChange) return [];
    const effects = evidence.executionsOf.get(row.id) ?? [];
    const what = untruth(evidence, row, effects);
    return what ? [wrong(row, what)] : [];
  });

function untruth(evidence: Evidence, row: OperationRow, effects: Execution[]): string | undefined {
  const [first] = effects;
  if (row.state === 'FAILED' || row.state === 'CANCELLED') {
    return first ? `${row.method} is ${row.state}, but WeChat did it: ${told(effects)}` : undefined;
  }
  if (row.state !== 'SUCCEEDED') return undefined;
  if (!first) return wasSo(evidence, row) ? undefined : `${row.method} is SUCCEEDED, but WeChat did nothing`;
  const opened = /^submit_audit (\d+)$/.exec(effects.at(-1)?.call.effect ?? '')?.[1];
  if (opened === undefined || opened === row.result?.auditId) return undefined;
  return `its audit is ${opened} at WeChat and ${row.result?.auditId} in its result`;
}

/**
 * Where what was asked for was so already WeChat says ok and does nothing (RevertGrayRelease), or, asked after a lost
 * call, that it is so (ChangeVisitStatus).
 */
function wasSo({ asked, executions }: Evidence, row: OperationRow): boolean {
  if (row.method === 'RevertGrayRelease') return true;
  if (row.method !== 'ChangeVisitStatus') return false;
  const { tag } = asked.find((one) => askedKey(one) === askedKey(row)) ?? {};
  const isBefore = ({ call, effectAt }: Execution) =>
    call.appid === row.appid && call.effect?.startsWith('visit ') && effectAt < (row.endedAt ?? 0);
  return executions.findLast(isBefore)?.call.effect === `visit ${tag}`;
}

function twice({ operations, executionsOf }: Evidence) {
  return operations.flatMap((operation) => {
    const effects = executionsOf.get(operation.id) ?? [];
    return effects.length > 1 ? [{ operation, effects }] : [];
  });
}

function isConfirmed({ call }: Execution): boolean {
  return call.errcode === 0;
}

function isRepeatedAfterBusy(effects: readonly Execution[]): boolean {
  const earlier = effects.slice(0, -1);
  return (
    effects.every(({ operation }) => REPEATABLE.includes(operation?.method ?? '')) && earlier.every(isBusy)
  );
}

function isBusy({ call }: Execution): boolean {
  return call.errcode === BUSY;
}

function told(effects: readonly Execution[]): string {
  return effects
    .map(({ call }) => `${call.effect} (call ${call.seq}, answer ${call.errcode ?? 'lost'})`)
    .join(', ');
}
