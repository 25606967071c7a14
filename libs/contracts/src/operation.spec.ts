import { describe, expect, it } from '@jest/globals';
import { type OperationRecord, type OperationStateName, toOperation } from './operation.js';

const AT = new Date(1_700_000_000_000);
const LOST = { errmsg: 'the connection broke', reason: 'CONNECTION_RESET', retryable: true };

function recordIn(state: OperationStateName): OperationRecord {
  return {
    ...{ id: 'an-id', appid: 'wx0123456789abcdef', requestId: 'r', method: 'Commit', state, attempts: 1 },
    ...{ createdAt: AT, startedAt: AT, endedAt: null, nextAttemptAt: null, blockedBy: null },
    ...{ error: LOST, result: null },
  };
}

describe('toOperation', () => {
  it('never calls the error of an operation in doubt retryable, because a new request could execute it twice', () => {
    expect(toOperation(recordIn('IN_DOUBT')).error).toMatchObject({ ...LOST, retryable: false });
  });

  it('gives the error of any other operation as it was stored', () => {
    for (const state of ['RETRYING', 'FAILED'] as const)
      expect(toOperation(recordIn(state)).error).toMatchObject(LOST);
  });
});
