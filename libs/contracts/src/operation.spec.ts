import { describe, expect, it } from '@jest/globals';
import { type OperationRecord, type OperationStateName, toOperation } from './operation.js';

const AT = new Date(1_700_000_000_000);
const LOST = { errmsg: 'the connection broke', reason: 'CONNECTION_RESET', retryable: true };

function recordIn(state: OperationStateName): OperationRecord {
  return {
    ...{ id: 'an-id', appid: 'wx0123456789abcdef', requestId: 'r', method: 'Commit', state, attempts: 1 },
    ...{
      createdAt: AT,
      startedAt: AT,
      endedAt: null,
      nextAttemptAt: null,
      blockedBy: null,
      acceptedBy: null,
    },
    ...{ error: LOST, result: null },
  };
}

describe('toOperation', () => {
  it('The error of an operation in doubt is never retryable, because a new request could execute it twice', () => {
    expect(toOperation(recordIn('IN_DOUBT')).error).toMatchObject({ ...LOST, retryable: false });
  });

  it('The error of an operation in any other state is returned as it was stored', () => {
    for (const state of ['RETRYING', 'FAILED'] as const)
      expect(toOperation(recordIn(state)).error).toMatchObject(LOST);
  });
});
