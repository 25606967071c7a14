import { randomUUID } from 'node:crypto';
import type { NewOperation, OutboxEvent, SettlementWithAudits, Store } from '@wxa/store';
import { v7 as uuidv7 } from 'uuid';
import { appidOf } from '../appids.js';
import type { Round } from '../results.js';
import { MINI_PROGRAMS } from './write-history.js';

/** The stores of the two apps. */
export interface Stores {
  gateway: Store;
  worker: Store;
}

const AT_ONCE = 1_000;
const ONE_BY_ONE = 50;
const LEASE_MS = 60_000;

/** Accepts, claims and settles releases, each of another mini-program: first many at once, then one by one. */
export async function round(stores: Stores): Promise<Round> {
  const many = releases(AT_ONCE);
  const accepting = performance.now();
  await Promise.all(many.map((operation) => stores.gateway.accept(operation)));
  const running = performance.now();
  await Promise.all(many.map((operation) => run(stores.worker, operation)));
  const ended = performance.now();
  return {
    acceptsPerSecond: AT_ONCE / ((running - accepting) / 1000),
    runsPerSecond: AT_ONCE / ((ended - running) / 1000),
    ...(await oneByOne(stores)),
  };
}

async function oneByOne({
  gateway,
  worker,
}: Stores): Promise<Pick<Round, 'acceptMs' | 'claimMs' | 'settleMs'>> {
  const few = releases(ONE_BY_ONE);
  const acceptMs = await medianMs(few, (operation) => gateway.accept(operation));
  const claimMs = await medianMs(few, (operation) => claim(worker, operation));
  const settleMs = await medianMs(few, (operation) => worker.settle(succeeded(operation)));
  return { acceptMs, claimMs, settleMs };
}

async function run(worker: Store, operation: NewOperation): Promise<void> {
  await claim(worker, operation);
  await worker.settle(succeeded(operation));
}

async function claim(worker: Store, { id }: NewOperation): Promise<void> {
  const { kind } = await worker.claim({ id, leaseMs: LEASE_MS, key: randomUUID() });
  if (kind !== 'claimed') throw new Error(`the claim of ${id} came to ${kind}`);
}

/** The median time of `work`, over the items, one after the other. */
export async function medianMs<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const item of items) {
    const begun = performance.now();
    await work(item);
    times.push(performance.now() - begun);
  }
  return median(times);
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Releases to accept, each of another mini-program. */
export function releases(count: number): NewOperation[] {
  const start = Math.floor(Math.random() * MINI_PROGRAMS);
  // 7 and the number of mini-programs have no common divisor: no two of a round are the same.
  return Array.from({ length: count }, (_, i) => release((start + 7 * i) % MINI_PROGRAMS));
}

function release(miniProgram: number): NewOperation {
  const id = uuidv7();
  const appid = appidOf(miniProgram);
  const requestId = randomUUID();
  return {
    id,
    appid,
    requestId,
    requestHash: Buffer.alloc(32),
    method: 'Release',
    isChange: true,
    request: JSON.stringify({ appid, requestId }),
    createdAt: new Date(),
    traceparent: '',
    command: event(appid, `${id}.command.0`),
  };
}

/** That a claimed one succeeded. */
export function succeeded({ id, appid }: NewOperation): SettlementWithAudits {
  return {
    id,
    appid,
    fence: 1,
    state: 'SUCCEEDED',
    attempts: 1,
    endedAt: new Date(),
    retryInMs: null,
    parked: false,
    error: null,
    result: null,
    mayHaveActed: false,
    negativeReads: 0,
    askInMs: null,
    event: event(appid, `${id}.outcome.1`),
    auditEffect: null,
  };
}

function event(appid: string, id: string): OutboxEvent {
  const about = { topic: 'wxa.code.commands.v1', type: 'CodeCommand', source: '/bench' };
  return { ...about, id, appid, time: new Date(), traceparent: '', value: 'x'.repeat(300) };
}
