import { status as Code, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { problem } from '@wxa/contracts';
import type { Logger } from '@wxa/service';
import type { Request, Response } from 'express';
import { answerErrors, descriptionOf } from './errors.js';
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

it('A violation is shown in Chinese with its arguments, and in English as the gateway describes it', () => {
  const args = { min: 1, max: 100, actual: 101 };
  const violation = { field: 'percent', ...problem('NUMBER_OUT_OF_RANGE', args) };
  expect(descriptionOf(violation, 'en')).toBe('must be 1 to 100, is 101');
  expect(descriptionOf(violation, 'zh')).toBe('应为 1 到 100，现在是 101');
});

it('A violation without a reason, or with one of a later version, is shown as the gateway describes it', () => {
  for (const reason of ['', 'OF_LATER', 'toString'])
    expect(descriptionOf({ field: 'a', reason, args: {}, description: 'must be so' }, 'zh')).toBe(
      'must be so',
    );
});
