import { expect, it } from '@jest/globals';
import type { NewOperation } from '@wxa/store';
import { AuditQuotaPoller } from './audit-quota-poller.js';

const APPID = 'wx0123456789abcdef';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = 1_000 * HOUR_MS;

/** A poller, its queries and what they led to. */
function observed(accept: () => Promise<never> = async () => undefined as never) {
  const seen = { queries: [] as NewOperation[], queried: 0, failures: [] as unknown[] };
  const operations = {
    accept: (query: NewOperation) => {
      seen.queries.push(query);
      return accept();
    },
  };
  const poller = new AuditQuotaPoller(
    { operations },
    {
      onQueried: () => {
        seen.queried += 1;
      },
      onFailure: (error) => seen.failures.push(error),
    },
  );
  const poll = (ageMs: number, now = NOW) => poller.poll({ appid: APPID, atMs: now - ageMs }, now);
  return { poller, poll, seen };
}

it('AuditQuotaPoller queries the quota once per hour while audits are submitted, under one request id in all workers', async () => {
  const { poll, seen } = observed();
  for (const minutes of [0, 10, 59, 60, 119]) poll(2 * MINUTE_MS, NOW + minutes * MINUTE_MS);
  await Promise.resolve();
  expect(seen.queried).toBe(2);
  expect(seen.queries).toMatchObject([
    { appid: APPID, method: 'GetAuditQuota', isChange: false, requestId: 'audit-quota-1000' },
    { appid: APPID, method: 'GetAuditQuota', isChange: false, requestId: 'audit-quota-1001' },
  ]);
});

it('AuditQuotaPoller queries nothing without a submission that is between 1 min and 1 h old', () => {
  const { poller, poll, seen } = observed();
  poller.poll(null, NOW);
  for (const ageMs of [MINUTE_MS - 1, HOUR_MS + 1]) poll(ageMs);
  expect(seen.queries).toEqual([]);
  for (const [i, ageMs] of [MINUTE_MS, HOUR_MS].entries()) poll(ageMs, NOW + i * HOUR_MS);
  expect(seen.queries).toHaveLength(2);
});

it('AuditQuotaPoller reports a query that Postgres did not accept', async () => {
  const { poll, seen } = observed(() => Promise.reject(new Error('Postgres is unavailable')));
  poll(2 * MINUTE_MS);
  await new Promise(setImmediate);
  expect([seen.queried, seen.failures.map(String)]).toEqual([0, ['Error: Postgres is unavailable']]);
});
