import { expect, it } from '@jest/globals';
import { type Method, Resolution, ResolveOperationRequest } from '@wxa/contracts';
import type { ClaimedOperation } from '@wxa/operations';
import { decideResolution } from './resolve-operation.js';

function effectOf(resolution: Resolution, operation: Partial<ClaimedOperation> & { method: Method }) {
  const request = ResolveOperationRequest.fromPartial({ resolution });
  return decideResolution(request, operation as ClaimedOperation).auditEffect;
}

it('An UndoAudit that an operator found executed withdraws the audit of its snapshot.', () => {
  const undone = { method: 'UndoAudit', snapshot: { auditId: '7' } } as const;
  expect(effectOf(Resolution.RESOLUTION_DONE, undone)).toMatchObject({ kind: 'withdrawn', auditId: '7' });
});

it('A SubmitAudit that an operator lets run again has opened no audit.', () => {
  const submit = { method: 'SubmitAudit' } as const;
  expect(effectOf(Resolution.RESOLUTION_RETRY, submit)).toEqual({ kind: 'not-opened' });
  expect(effectOf(Resolution.RESOLUTION_RETRY, { method: 'Commit' })).toBeNull();
});
