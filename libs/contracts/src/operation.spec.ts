import { describe, expect, it } from '@jest/globals';
import { CreateAuthorizationLinkResponse } from './generated/wxa/code/v1/authorizers.js';
import type { Method, OperationResult } from './methods.js';
import {
  MAX_RESULT_BYTES,
  type OperationRecord,
  type OperationStateName,
  outcomeEvent,
  resultToJSON,
  toOperation,
} from './operation.js';

const AT = new Date(1_700_000_000_000);
const LOST = { errmsg: 'the connection broke', reason: 'CONNECTION_RESET', retryable: true };

const NOTHING = { nextAttemptAt: null, blockedBy: null, acceptedBy: null, onBehalfOf: null, error: null };

const recordIn = (state: OperationStateName, method: Method = 'Commit'): OperationRecord => ({
  ...{ id: 'an-id', appid: 'wx0123456789abcdef', requestId: 'r', method, state, attempts: 1 },
  ...{ createdAt: AT, startedAt: AT, endedAt: null, ...NOTHING, result: null },
});

it('The error of an operation in doubt is never retryable, because a new request could execute it twice', () => {
  const shown = (state: OperationStateName) => toOperation({ ...recordIn(state), error: LOST }).error;
  expect(shown('IN_DOUBT')).toMatchObject({ ...LOST, retryable: false });
  // As it was stored in any other state.
  for (const state of ['RETRYING', 'FAILED'] as const) expect(shown(state)).toMatchObject(LOST);
});

function eventOf(method: Method, result: OperationResult): unknown {
  const ended = { ...recordIn('SUCCEEDED', method), endedAt: AT, traceparent: '' };
  const record = { ...ended, result: resultToJSON(result) };
  return JSON.parse(outcomeEvent(record, 1, 'release-worker', AT).value);
}

const pages = (characters: number) =>
  eventOf('ListPages', { $case: 'listPages', value: { pages: ['p'.repeat(characters)] } });

describe('outcomeEvent', () => {
  it('An outcome has a result of up to 64 KB, however long its JSON is, and omits a longer one', () => {
    expect(pages(MAX_RESULT_BYTES - 100)).toHaveProperty('operation.listPages.pages');
    expect(pages(MAX_RESULT_BYTES + 1)).not.toHaveProperty('operation.listPages');
  });

  it('An OperationInDoubt has one value, also when reconciliation has given up since', () => {
    const inDoubt = { ...recordIn('IN_DOUBT'), error: LOST, traceparent: '' };
    const at = new Date(0);
    const later = outcomeEvent({ ...inDoubt, awaitingResolution: true }, 1, 'test', at);
    expect(later).toEqual(outcomeEvent(inDoubt, 1, 'test', at));
  });

  it('An outcome omits an image of any size, and an authorization link, which is for its caller alone', () => {
    const image = { image: Buffer.from('an image'), contentType: 'image/jpeg' };
    const qrCode = eventOf('GetTrialQrCode', { $case: 'getTrialQrCode', value: image });
    expect(qrCode).toHaveProperty('operation.method', 'GetTrialQrCode');
    expect(qrCode).not.toHaveProperty('operation.getTrialQrCode');
    const picture = { content: image.image, contentType: image.contentType };
    const screenshot = eventOf('GetAuditScreenshot', { $case: 'getAuditScreenshot', value: picture });
    expect(screenshot).toHaveProperty('operation.method', 'GetAuditScreenshot');
    expect(screenshot).not.toHaveProperty('operation.getAuditScreenshot');
    const value = CreateAuthorizationLinkResponse.fromPartial({ preAuthCode: 'preauthcode@@@1' });
    const link = eventOf('CreateAuthorizationLink', { $case: 'createAuthorizationLink', value });
    expect(link).toHaveProperty('operation.method', 'CreateAuthorizationLink');
    expect(JSON.stringify(link)).not.toContain('preauthcode');
  });
});
