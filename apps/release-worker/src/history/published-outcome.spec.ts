import { expect, it } from '@jest/globals';
import type { KafkaMessage } from 'kafkajs';
import { publishedOutcome } from './published-outcome.js';

const ID = '01900000-0000-7000-8000-000000000001';
const APPID = 'wx0123456789abcdef';

const HEADERS = { ce_id: `${ID}.completed`, ce_time: '2026-01-01T00:00:01.000Z', ce_kind: 'change' };
const message = (headers: object, value = '{}') =>
  ({
    key: Buffer.from(APPID),
    value: Buffer.from(value),
    headers: { ...HEADERS, ...headers },
  }) as unknown as KafkaMessage;

it('publishedOutcome reads an OperationCompleted with the end time of its operation.', () => {
  const value = JSON.stringify({ operation: { endTime: '2026-01-01T00:00:00.900Z' } });
  expect(publishedOutcome(message({ ce_kind: 'query' }, value))).toEqual({
    ...{ eventId: `${ID}.completed`, operationId: ID, appid: APPID, isChange: false, claim: null },
    at: new Date('2026-01-01T00:00:00.900Z'),
  });
});

it('publishedOutcome reads an OperationInDoubt with its claim and the time of its event.', () => {
  expect(publishedOutcome(message({ ce_id: `${ID}.in-doubt.12` }))).toMatchObject({
    ...{ claim: 12, isChange: true },
    at: new Date('2026-01-01T00:00:01.000Z'),
  });
});

it.each([
  ['an id of another form', { ce_id: 'x.completed' }],
  ['an id of another event', { ce_id: `${ID}.audit-completed` }],
  ['a claim that is no number', { ce_id: `${ID}.in-doubt.x` }],
  ['no kind', { ce_kind: undefined }],
  ['no time', { ce_time: '' }],
])('publishedOutcome ignores a message with %s.', (_, given) => {
  expect(publishedOutcome(message(given))).toBeUndefined();
});
