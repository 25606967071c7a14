import { expect, it } from '@jest/globals';
import { toOperation } from '@wxa/contracts';
import { RpcError } from '../errors/rpc-error.js';
import { queryAnswer } from './query-responder.js';

const LOST = { reason: 'CONNECTION_RESET', category: 'ERROR_CATEGORY_TRANSPORT', retryable: true };

function errorOf(state: 'IN_DOUBT' | 'FAILED'): unknown {
  const at = new Date(1_700_000_000_000);
  const operation = toOperation({
    ...{ id: 'an-id', appid: 'wx0123456789abcdef', requestId: 'r', method: 'ListPages', state, attempts: 1 },
    ...{ createdAt: at, startedAt: at, endedAt: null, nextAttemptAt: null, blockedBy: null },
    ...{ acceptedBy: null, onBehalfOf: null, error: LOST, result: null },
  });
  try {
    return queryAnswer(operation, 'wxa/get_page');
  } catch (error) {
    return error instanceof RpcError ? error.facts : error;
  }
}

it('queryAnswer throws an error with a retry delay for a failed operation that is retryable', () => {
  expect(errorOf('FAILED')).toMatchObject({ retryable: true, retryAfterMs: 2_000, api: 'wxa/get_page' });
});

it('queryAnswer throws an error that is not retryable for an operation in doubt', () => {
  expect(errorOf('IN_DOUBT')).toMatchObject({ retryable: false });
  expect(errorOf('IN_DOUBT')).not.toHaveProperty('retryAfterMs');
});
