import { type EventName, eventType, type Method, TOPICS } from '@wxa/contracts';
import type { CallEntry } from '@wxa/wechat-sim';
import type { History, KafkaEvent, OperationRow, RequestRecord } from '../history.js';

/** Changes are a second apart, so that their times distinguish them. */
const STEP_MS = 1000;
const DEADLINE_MS = 45_000;
/** A whole second, as in a callback. */
const DECIDED_AT = 5000;

interface Change {
  method: Method;
  api: string;
  tag: string;
  body: string;
  effect: string;
}

const APPID = 'wx0000000000000001';
const AUDIT_ID = '1234567';

const CHANGES: readonly Change[] = [
  { method: 'Commit', api: 'wxa/commit', tag: 'r0', body: '{"user_desc":"r0"}', effect: 'commit 1.0' },
  {
    method: 'SubmitAudit',
    api: 'wxa/submit_audit',
    tag: 'r1',
    body: '{"version_desc":"r1"}',
    effect: `submit_audit ${AUDIT_ID}`,
  },
  { method: 'Release', api: 'wxa/release', tag: '', body: '{}', effect: 'release 1.0' },
  {
    method: 'ChangeVisitStatus',
    api: 'wxa/change_visitstatus',
    tag: 'close',
    body: '{"action":"close"}',
    effect: 'visit close',
  },
  { method: 'RevertRelease', api: 'wxa/revertcoderelease', tag: '', body: '', effect: 'revert 0.9' },
];

/** A correct history of one mini-program: operation n is requested, executed and published in second n. */
export function cleanHistory(): History {
  return {
    requested: CHANGES.map(requested),
    operations: CHANGES.map(row),
    tableReadAt: 100_000,
    calls: CHANGES.map(call),
    pushes: [],
    audits: [{ appid: APPID, auditId: AUDIT_ID, state: 'APPROVED', decidedAt: DECIDED_AT + 600 }],
    events: [...CHANGES.map(completed), auditCompleted(), ...CHANGES.map(command)],
    readBefore: [`${TOPICS.outcomes}/0/0`],
    leaks: [],
    deadlineMs: DEADLINE_MS,
    faults: [],
  };
}

const idOf = (n: number) => `operation-${n}`;

function requested({ method, tag }: Change, n: number): RequestRecord {
  const attempts = [{ gateway: 0, sentAt: n * STEP_MS, endedAt: n * STEP_MS + 10, operation: idOf(n) }];
  return { appid: APPID, requestId: `r${n}`, method, isChange: true, tag, attempts };
}

function row({ method }: Change, n: number): OperationRow {
  return {
    id: idOf(n),
    seq: n,
    appid: APPID,
    requestId: `r${n}`,
    method,
    isChange: true,
    state: 'SUCCEEDED',
    calls: 1,
    createdAt: n * STEP_MS + 5,
    startedAt: n * STEP_MS + 20,
    endedAt: n * STEP_MS + 400,
    recheckAt: null,
    blockedBy: null,
    error: null,
    result: method === 'SubmitAudit' ? { auditId: AUDIT_ID } : null,
  };
}

function call({ api, body, effect }: Change, n: number): CallEntry {
  const at = n * STEP_MS;
  return {
    kind: 'call',
    seq: n,
    appid: APPID,
    api,
    verb: 'POST',
    query: '',
    body,
    contentType: null,
    startedAt: at + 100,
    effectAt: at + 200,
    endedAt: at + 300,
    errcode: 0,
    effect,
    fault: null,
  };
}

function completed({ method }: Change, n: number): KafkaEvent {
  const operation = { id: idOf(n), appid: APPID, method, state: 'OPERATION_STATE_SUCCEEDED' };
  return event(TOPICS.outcomes, 'OperationCompleted', `${idOf(n)}.completed`, n, { operation });
}

function command({ method }: Change, n: number): KafkaEvent {
  const value = { operationId: idOf(n), appid: APPID, method };
  return event(TOPICS.commands, 'CodeCommand', `${idOf(n)}.command.0`, n, value);
}

function auditCompleted(): KafkaEvent {
  const value = {
    appid: APPID,
    auditId: AUDIT_ID,
    operationId: idOf(1),
    result: 'AUDIT_RESULT_APPROVED',
    decidedTime: new Date(DECIDED_AT).toISOString(),
    source: 'AUDIT_SOURCE_CALLBACK',
  };
  return event(TOPICS.audits, 'AuditCompleted', `${idOf(1)}.audit-completed`, 0, value);
}

function event(topic: string, name: EventName, id: string, offset: number, value: object): KafkaEvent {
  const place = { topic, partition: 0, offset: `${offset}`, at: offset * STEP_MS + 500 };
  return { ...place, key: APPID, id, type: eventType(name), value: JSON.stringify(value) };
}
