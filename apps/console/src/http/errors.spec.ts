import { status as Code, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import type { Request, Response } from 'express';
import { answerErrors } from './errors.js';
import { Refusal } from './refusal.js';

/** What a request is answered whose handler threw this, and what is logged. */
function answerTo(error: unknown) {
  const answer: { status?: number; body?: unknown; logged: unknown[] } = { logged: [] };
  const response = {
    status: (status: number) => Object.assign(response, { given: Object.assign(answer, { status }) }),
    json: (body: unknown) => Object.assign(answer, { body }),
    set: () => response,
  };
  const logger = { error: (fields: unknown) => answer.logged.push(fields) } as unknown as Logger;
  answerErrors(logger)(error, {} as Request, response as unknown as Response, () => undefined);
  return answer;
}

it.each([
  [Code.UNAVAILABLE, 503, 'UNAVAILABLE', ''],
  [Code.UNAUTHENTICATED, 503, 'UNAUTHENTICATED', 'CREDENTIAL_REFUSED'],
  [Code.RESOURCE_EXHAUSTED, 429, 'RESOURCE_EXHAUSTED', ''],
  [Code.ABORTED, 409, 'ABORTED', ''],
])('A call that the gateway ends with code %i is answered with status %i', (code, status, name, reason) => {
  const error = Object.assign(new Error(), { code, details: 'away', metadata: new Metadata() });
  expect(answerTo(error)).toMatchObject({
    status,
    body: { code: name, reason, message: 'away' },
    logged: [],
  });
});

it('A refusal names its reason, and nothing of an unexpected error is answered, which is logged', () => {
  expect(answerTo(new Refusal('PERMISSION_DENIED', 'FORM_TOKEN'))).toMatchObject({
    ...{ status: 403, body: { code: 'PERMISSION_DENIED', reason: 'FORM_TOKEN' }, logged: [] },
  });
  expect(answerTo(Object.assign(new Error('too large'), { status: 413 }))).toMatchObject({
    status: 413,
    logged: [],
  });
  const { status, body, logged } = answerTo(new Error('secret'));
  expect([status, body]).toEqual([500, { code: 'INTERNAL', reason: '' }]);
  expect(logged).toEqual([{ error: expect.stringContaining('secret') }]);
});
