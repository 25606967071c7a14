import { eventType } from '@wxa/contracts';
import type { KafkaEvent } from '@wxa/stack';
import type { OperationRow, WechatAudit } from '../history.js';
import { type Finding, newFinding, type RunCheck } from './finding.js';

interface Completed {
  appid: string;
  auditId?: string;
  operationId?: string;
  result: string;
  decidedTime: string;
  source: string;
}

/**
 * Every audit of this service that ended at WeChat is published once, with its decision, and no open one is. If a callback ended
 * it, the event has the time of that callback: matching another audit's callback with the same decision would be an error.
 */
export const auditEventsNotOnce: RunCheck = ({ operations, audits, events }) => {
  const submits = new Map(
    operations.flatMap((row) => (row.result?.auditId ? [[keyOf(row.appid, row.result.auditId), row]] : [])),
  );
  const completed = events.filter(({ type }) => type === eventType('AuditCompleted'));
  const published = Map.groupBy(completed, (event) => keyOf(event.key, read(event).auditId ?? ''));
  const known = new Set(audits.map(({ appid, auditId }) => keyOf(appid, auditId)));
  return [
    ...audits.flatMap((audit) => {
      const key = keyOf(audit.appid, audit.auditId);
      const submit = submits.get(key);
      return submit ? notOnce(submit, audit, published.get(key) ?? []) : [];
    }),
    ...completed.filter((event) => !known.has(keyOf(event.key, read(event).auditId ?? ''))).map(unknownAudit),
  ];
};

function notOnce(submit: OperationRow, audit: WechatAudit, events: KafkaEvent[]): Finding[] {
  const { auditId, state } = audit;
  const ids = new Set(events.map(({ id }) => id));
  const expected = state === 'OPEN' ? 0 : 1;
  if (ids.size !== expected)
    return [newFinding(submit, `audit ${auditId} is ${state} at WeChat, published ${ids.size} times`)];
  const other = events.map(read).find((event) => !isOf(audit, event));
  if (other === undefined) return [];
  const decided = audit.decidedAt === null ? '' : ` since ${new Date(audit.decidedAt).toISOString()}`;
  const published = `published as ${other.result} of ${other.decidedTime}`;
  return [newFinding(submit, `audit ${auditId} is ${state} at WeChat${decided}, ${published}`)];
}

function isOf({ state, decidedAt }: WechatAudit, { result, source, decidedTime }: Completed): boolean {
  if (result !== `AUDIT_RESULT_${state}`) return false;
  const isPush = source === 'AUDIT_SOURCE_CALLBACK';
  return !isPush || Date.parse(decidedTime) === Math.floor((decidedAt ?? 0) / 1000) * 1000;
}

/**
 * All audits of the run belong to this service: an event for another one's audit, or for one that WeChat does
 * not have, is an error.
 */
function unknownAudit(event: KafkaEvent): Finding {
  const { auditId, operationId } = read(event);
  return newFinding(
    { appid: event.key, id: operationId ?? '' },
    `${event.id}: published for audit ${auditId ?? 'unknown'}`,
  );
}

function read({ value }: KafkaEvent): Completed {
  return JSON.parse(value) as Completed;
}

function keyOf(appid: string, auditId: string): string {
  return `${appid} ${auditId}`;
}
