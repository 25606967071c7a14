import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { CommitRequest, WatchOperationsRequest } from '@wxa/contracts';
import { call } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { type RawCall, sendAll } from './raw-calls.js';

const STREAMS = 10_000;
const CONNECTIONS = 10;
const SECONDS = 6;
const LIMIT_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 1000 });
/** The limit in calls of an idle gateway, for a machine on which such a call takes more than 2 ms. */
const LIMIT_IN_IDLE_CALLS = 500;
const WATCH: RawCall = {
  path: '/wxa.code.v1.Operations/WatchOperations',
  message: WatchOperationsRequest.encode({ appid: '' }).finish(),
};

const { gateway, database } = useGateway();

const commit = (n: number) => {
  const appid = `wx${n.toString(16).padStart(16, 'e')}`;
  const request = CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' });
  return call(gateway.code, gateway.code.commit, request);
};

/** Starts a call every 10 ms without waiting for earlier ones; returns how long each took. */
async function callsDuring(seconds: number, ids: string[]): Promise<number[]> {
  const calls: Promise<number>[] = [];
  const since = performance.now();
  while (performance.now() - since < seconds * 1000) {
    await delay(10);
    calls.push(timed(ids[calls.length % ids.length] ?? ''));
  }
  return Promise.all(calls);
}

async function timed(id: string): Promise<number> {
  const since = performance.now();
  await call(gateway.operations, gateway.operations.getOperation, { id });
  return performance.now() - since;
}

/** The time that a share of the calls did not exceed. */
function quantile(tookMs: number[], share: number): number {
  return tookMs.toSorted((a, b) => a - b)[Math.ceil(tookMs.length * share) - 1] ?? Number.NaN;
}

it('10,000 concurrent WatchOperations are limited to 1,000 streams, and 99 % of other calls take less than 1 s', async () => {
  const ids = (await Promise.all(Array.from({ length: 100 }, (_, n) => commit(n)))).map(({ id }) => id);
  const idleMs: number[] = [];
  for (const id of ids) idleMs.push(await timed(id));
  const others = callsDuring(SECONDS, ids);
  const calls = Array<RawCall>(STREAMS / CONNECTIONS).fill(WATCH);
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => sendAll(gateway.grpc, calls)));
  const tookMs = await others;
  expect((await scrape(gateway.http)).get('wxa_watch_streams')).toBe(1_000);
  for (const socket of sockets) socket.destroy();
  // A connection to PostgreSQL reports its statistics when it ends, at the latest.
  await gateway.stop();
  const [{ statements } = {}] = await database.rows(
    'select xact_commit::int as statements from pg_stat_database where datname = current_database()',
  );
  expect(statements).toBeLessThan(STREAMS / 2);
  const mostMs = Math.max(LIMIT_MS, LIMIT_IN_IDLE_CALLS * quantile(idleMs, 0.5));
  expect(quantile(tookMs, 0.99)).toBeLessThan(mostMs);
});
