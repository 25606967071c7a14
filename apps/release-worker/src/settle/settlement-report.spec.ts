import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/store';
import { SettlementReport } from './settlement-report.js';

const NOW = new Date();
const OPERATION: ClaimedOperation = {
  ...{ id: '01900000-0000-7000-8000-000000000001', appid: 'wx0123456789abcdef', requestId: 'r' },
  ...{ method: 'Release', isChange: true, state: 'RUNNING', fence: 1, claimKey: null, attempts: 0 },
  ...{ createdAt: NOW, startedAt: NOW, updatedAt: NOW, endedAt: null, nextAttemptAt: null, blockedBy: null },
  ...{ acceptedBy: 'shop', onBehalfOf: null, error: null, result: null, request: {}, snapshot: null },
  ...{ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: null },
  ...{ mayHaveActed: false, negativeReads: 0, throttledMs: 0 },
};
const IDS = {
  operation: OPERATION.id,
  appid: OPERATION.appid,
  method: 'Release',
  caller: 'shop',
  trace_id: 'a'.repeat(32),
};
const { id, appid, fence, claimKey } = OPERATION;
const ROW: SettlementWithAudits = {
  ...{ id, appid, fence, claimKey, state: 'SUCCEEDED', attempts: 1, endedAt: new Date() },
  ...{ retryInMs: null, delayed: false, error: null, result: null, mayHaveActed: false, negativeReads: 0 },
  ...{ reconcileInMs: null, event: null, auditEffect: null },
};

const lines: object[] = [];
const write = (fields: object, msg: string) => lines.push({ msg, ...fields });
const logger = { level: 'info', debug: write, info: write, warn: write, error: write, fatal: write };
const report = new SettlementReport(logger, 'all');
beforeEach(() => {
  lines.length = 0;
});

describe('SettlementReport', () => {
  it('A fenced result has a line with the ids of its operation', () => {
    report.fenced(ROW, OPERATION);
    expect(lines).toEqual([{ msg: 'settlement fenced', ...IDS, claim: 1 }]);
  });

  it('A result whose claim Postgres has forgotten has a line with the ids of its operation', () => {
    report.forgotten(ROW, false, OPERATION);
    const outcome = { state: 'SUCCEEDED' };
    expect(lines).toEqual([
      { msg: 'claim forgotten', ...IDS, claim: 1, is_stored: false, outcome, audit_effect: null },
    ]);
  });

  it('A doubt that is left to an operator has a line with the ids of its operation and the reason', () => {
    const doubt: Doubt = { ...OPERATION, checks: 1, reads: 1, mayActUntil: null };
    report.needsOperator(doubt, 'no read shows it');
    expect(lines).toEqual([{ msg: 'awaiting resolution', ...IDS, why: 'no read shows it' }]);
  });
});
