import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import { Liveness, ProbesController, Readiness } from '@wxa/service';
import { DeadLetters } from './dead-letters.js';
import { WorkerReport } from './worker-report.js';

const lastFetch = { ageMs: Number.POSITIVE_INFINITY };
const consumer = { isStuck: false };
let lines: object[];
let readiness: Readiness;
let liveness: Liveness;
let report: WorkerReport;

beforeEach(() => {
  jest.useFakeTimers();
  lastFetch.ageMs = Number.POSITIVE_INFINITY;
  consumer.isStuck = false;
  readiness = new Readiness(['kafka']);
  liveness = new Liveness();
  lines = [];
  const write = (fields: object, msg: string) => lines.push({ msg, ...fields });
  const logger = { level: 'info', debug: write, info: write, warn: write, error: write, fatal: write };
  report = new WorkerReport(logger, { readiness, liveness });
});
afterEach(() => {
  report.stop();
  jest.useRealTimers();
});

/** What `/healthz` returns. */
function healthz(): { status: number; body: string } {
  const answer = { status: 0, body: '' };
  const response = {
    status(code: number) {
      answer.status = code;
      return response;
    },
    send(body: string) {
      answer.body = body;
    },
    json: () => undefined,
  };
  new ProbesController(readiness, liveness).healthz(response);
  return answer;
}

async function reportedAfter(ageMs: number, isStuck = false) {
  [lastFetch.ageMs, consumer.isStuck] = [ageMs, isStuck];
  await jest.advanceTimersByTimeAsync(1000);
  return { ready: readiness.ready, detail: readiness.report().kafka?.detail, healthz: healthz().status };
}

describe('WorkerReport.storeFailed', () => {
  const failure = (code: string, statement?: string) =>
    Object.assign(new Error('rejected'), { code, ...(statement && { statement }) });
  const line = { msg: 'postgres query failed', error: 'Error: rejected' };

  it('A command that Kafka does not return for its dead letter is no failed statement', async () => {
    const connection = {
      topic: () => {
        throw new Error('no broker');
      },
    };
    const none = {} as never;
    const letters = new DeadLetters(connection as never, none, () => undefined, none);
    const record = { partition: 3, offset: '7', value: null } as ReceivedRecord;
    await letters.valueOf(record).catch((error: unknown) => report.storeFailed(error));
    const error = 'Error: record 7 of partition 3 could not be read again: Error: no broker';
    expect(lines).toEqual([{ msg: 'dead letter not read', error }]);
  });

  it('A failed statement is logged with its name and SQLSTATE, each at most once a second', () => {
    for (const statement of ['hold-lease', 'claim', 'claim']) report.storeFailed(failure('42P01', statement));
    jest.advanceTimersByTime(1000);
    report.storeFailed(failure('42P01', 'claim'));
    const claim = { ...line, statement: 'claim', sqlstate: '42P01' };
    expect(lines).toEqual([{ ...claim, statement: 'hold-lease' }, claim, { ...claim, suppressed: 1 }]);
  });

  it('A statement that exceeds its time is logged, with the table whose old rows it deletes', () => {
    const deletes = [
      { table: 'trail', sqlstate: '57014' },
      { table: 'audits', sqlstate: '23503' },
    ];
    for (const { table, sqlstate } of deletes) report.storeFailed(failure(sqlstate), table);
    expect(lines).toEqual(deletes.map((fields) => ({ ...line, ...fields })));
  });

  it('An outage of Postgres is not logged for each statement', () => {
    for (const code of ['ECONNREFUSED', '57P01', '25006']) report.storeFailed(failure(code, 'claim'));
    expect(lines).toEqual([]);
  });
});

describe('WorkerReport', () => {
  beforeEach(() => report.watchConsumer(lastFetch, consumer));

  it('A worker is ready once it has partitions and fetches, and not while its last fetch is older than 30 s', async () => {
    const [notReady, isReady] = [
      { ready: false, healthz: 200 },
      { ready: true, healthz: 200 },
    ];
    const never = await reportedAfter(Number.POSITIVE_INFINITY);
    expect(never).toEqual({ ...notReady, detail: 'no fetch yet' });
    report.assigned([1, 2]);
    expect(await reportedAfter(29_000)).toEqual({ ...isReady, detail: 'partitions 1, 2' });
    expect(await reportedAfter(31_000)).toEqual({ ...notReady, detail: 'no fetch for 31 s' });
  });

  it('A worker fails /healthz with the reason while its consumer is stuck', async () => {
    expect(await reportedAfter(121_000, true)).toMatchObject({ healthz: 503 });
    expect(healthz().body).toBe('the consumer is stuck although Kafka is available: no fetch for 121 s');
    expect(await reportedAfter(100)).toMatchObject({ healthz: 200 });
  });
});
