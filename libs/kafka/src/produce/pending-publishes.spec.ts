import { expect, it } from '@jest/globals';
import type { OutboxRow } from '@wxa/postgres/outbox';
import { PendingPublishes } from './pending-publishes.js';

const row = (outboxId: string, value = '{}') => ({ outboxId, value }) as OutboxRow;

it('Pending events are returned once, in the order of the outbox', () => {
  const pending = new PendingPublishes(10);
  for (const id of ['9', '10', '8']) expect(pending.add(row(id))).toBe(true);
  expect(pending.take().map(({ outboxId }) => outboxId)).toEqual(['8', '9', '10']);
  expect(pending.isEmpty).toBe(true);
});

it('All pending events are dropped if they exceed a batch by number or by bytes', () => {
  const pending = new PendingPublishes(2);
  expect(['1', '2', '3'].map((id) => pending.add(row(id)))).toEqual([true, true, false]);
  expect(pending.isEmpty).toBe(true);
  expect(['4', '5'].map((id) => pending.add(row(id, 'ä'.repeat(300_000))))).toEqual([true, false]);
  expect(pending.isEmpty).toBe(true);
});
