import type { OperationRow } from '../history.js';
import { type Execution, requestKey } from './executions.js';
import { type Finding, type HistoryEvidence, newFinding, type RunCheck } from './finding.js';

/** WeChat's "busy", which does not say whether the call was executed. */
const BUSY = -1;
/** Idempotent changes: after a -1 they are retried without reconciliation (docs/decisions/in-doubt.md). */
const REPEATABLE = ['Commit', 'ChangeVisitStatus', 'SetSupportVersion'];
/** The reads of settings, which are set again if the read is refused, or unanswered at the fifth check. */
const READS_OF_SETTINGS: Readonly<Record<string, string>> = {
  ChangeVisitStatus: 'wxa/getvisitstatus',
  SetSupportVersion: 'cgi-bin/wxopen/getweappsupportversion',
};
/** The fifth may not have reached WeChat: its connection broke after it was sent. */
const UNANSWERED_READS = 4;

/** Two effects of one operation, both with a delivered response. */
export const confirmedTwice: RunCheck = (evidence) =>
  twice(evidence)
    .filter(({ effects }) => effects.filter(isConfirmed).length > 1)
    .map(({ operation, effects }) =>
      newFinding(operation, `${describeEffects(effects)}: more than one delivered response`),
    );

/** Two effects of one operation, at most one of them with a delivered response. */
export const executedTwice: RunCheck = (evidence) =>
  unconfirmedTwice(evidence)
    .filter(({ effects }) => !isHarmless(evidence, effects))
    .map(({ operation, effects }) => newFinding(operation, describeEffects(effects)));

/** Harmless repetitions: after a -1 that had been executed, or of a setting that could not be read. */
export function harmlessRepetitions(evidence: HistoryEvidence): Finding[] {
  return unconfirmedTwice(evidence)
    .filter(({ effects }) => isHarmless(evidence, effects))
    .map(({ operation, effects }) => newFinding(operation, describeEffects(effects)));
}

/** An effect that belongs to no operation. */
export const unattributed: RunCheck = ({ executions }) =>
  executions.flatMap(({ call, operation }) =>
    operation
      ? []
      : [
          newFinding(
            { appid: call.appid ?? '', id: '' },
            `${call.effect} (call ${call.seq}) belongs to no operation`,
          ),
        ],
  );

/** SUCCEEDED without an effect, or FAILED or CANCELLED with one. */
export const wrongOutcome: RunCheck = (evidence) =>
  evidence.operations.flatMap((row) => {
    if (!row.isChange || evidence.forgotten.has(row.id)) return [];
    const effects = evidence.executionsOf.get(row.id) ?? [];
    const what = errorOf(evidence, row, effects);
    return what ? [newFinding(row, what)] : [];
  });

function errorOf(evidence: HistoryEvidence, row: OperationRow, effects: Execution[]): string | undefined {
  const [first] = effects;
  if (row.state === 'FAILED' || row.state === 'CANCELLED') {
    return first
      ? `${row.method} is ${row.state}, but WeChat executed it: ${describeEffects(effects)}`
      : undefined;
  }
  if (row.state !== 'SUCCEEDED') return undefined;
  if (!first)
    return wasAlreadySet(evidence, row)
      ? undefined
      : `${row.method} is SUCCEEDED, but WeChat executed nothing`;
  const opened = /^submit_audit (\d+)$/.exec(effects.at(-1)?.call.effect ?? '')?.[1];
  if (opened === undefined || opened === row.result?.auditId) return undefined;
  return `its audit is ${opened} at WeChat and ${row.result?.auditId} in its result`;
}

/**
 * The requested state was already set: WeChat returns ok and does nothing (RevertGrayRelease), or
 * reconciliation after a lost call finds the state (ChangeVisitStatus).
 */
function wasAlreadySet({ requested, executions }: HistoryEvidence, row: OperationRow): boolean {
  if (row.method === 'RevertGrayRelease') return true;
  if (row.method !== 'ChangeVisitStatus') return false;
  const { tag } = requested.find((one) => requestKey(one) === requestKey(row)) ?? {};
  const isBefore = ({ call, effectAt }: Execution) =>
    call.appid === row.appid && call.effect?.startsWith('visit ') && effectAt < (row.endedAt ?? 0);
  return executions.findLast(isBefore)?.call.effect === `visit ${tag}`;
}

/** Without those of which it is not known whether a restore made them run again. */
function twice({ operations, executionsOf, forgotten }: HistoryEvidence) {
  return operations.flatMap((operation) => {
    const effects = executionsOf.get(operation.id) ?? [];
    return effects.length > 1 && !forgotten.has(operation.id) ? [{ operation, effects }] : [];
  });
}

function unconfirmedTwice(evidence: HistoryEvidence) {
  return twice(evidence).filter(({ effects }) => effects.filter(isConfirmed).length < 2);
}

function isConfirmed({ call }: Execution): boolean {
  return call.errcode === 0;
}

function isHarmless(evidence: HistoryEvidence, effects: readonly Execution[]): boolean {
  return isRepeatedAfterBusy(effects) || isUnreadableSetting(evidence, effects);
}

/** Whether before each repetition the read of the setting was refused, or remained unanswered. */
function isUnreadableSetting({ calls }: HistoryEvidence, effects: readonly Execution[]): boolean {
  return effects.slice(1).every(({ call, operation }, i) => {
    const read = READS_OF_SETTINGS[operation?.method ?? ''];
    const reads = calls.filter(
      ({ api, appid, seq }) =>
        api === read && appid === call.appid && seq > (effects[i]?.call.seq ?? 0) && seq < call.seq,
    );
    const unanswered = reads.filter(({ errcode }) => errcode === null || errcode === BUSY);
    const isRefused = reads.some(({ errcode }) => errcode !== null && errcode !== BUSY && errcode !== 0);
    return isRefused || unanswered.length >= UNANSWERED_READS;
  });
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

function describeEffects(effects: readonly Execution[]): string {
  return effects
    .map(({ call }) => `${call.effect} (call ${call.seq}, response ${call.errcode ?? 'lost'})`)
    .join(', ');
}
