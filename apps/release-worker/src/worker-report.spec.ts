import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger, Liveness, ProbesController, Readiness } from '@wxa/service';
import { WorkerReport } from './worker-report.js';

const lastFetch = { ageMs: Number.POSITIVE_INFINITY };
const consumer = { isStuck: false };
let readiness: Readiness;
let liveness: Liveness;
let report: WorkerReport;

beforeEach(() => {
  jest.useFakeTimers();
  Object.assign(lastFetch, { ageMs: Number.POSITIVE_INFINITY });
  consumer.isStuck = false;
  readiness = new Readiness(['kafka']);
  liveness = new Liveness();
  report = new WorkerReport(createLogger('test', 'silent'), { readiness, liveness });
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

async function reportedAfter(change: { ageMs?: number; isStuck?: boolean }) {
  Object.assign(lastFetch, change);
  consumer.isStuck = change.isStuck ?? false;
  await jest.advanceTimersByTimeAsync(1000);
  return { ready: readiness.ready, detail: readiness.report().kafka?.detail, healthz: healthz().status };
}

describe('WorkerReport.storeFailed', () => {
  let lines: object[];
  beforeEach(() => {
    lines = [];
    const write = (fields: object, msg: string) => lines.push({ msg, ...fields });
    const logger = { level: 'info', debug: write, info: write, warn: write, error: write, fatal: write };
    report = new WorkerReport(logger, { readiness, liveness });
  });
  const failure = (code: string, statement?: string) =>
    Object.assign(new Error('rejected'), { code, ...(statement && { statement }) });
  const line = { msg: 'postgres query failed', error: 'Error: rejected' };

  it('A failed statement is logged with its name and SQLSTATE, each at most once a second', () => {
    for (const statement of ['hold-lease', 'claim', 'claim']) report.storeFailed(failure('42P01', statement));
    jest.advanceTimersByTime(1000);
    report.storeFailed(failure('42P01', 'claim'));
    expect(lines).toEqual([
      { ...line, statement: 'hold-lease', sqlstate: '42P01' },
      { ...line, statement: 'claim', sqlstate: '42P01' },
      { ...line, statement: 'claim', sqlstate: '42P01', suppressed: 1 },
    ]);
  });

  it('A statement that exceeds its time is logged, with the table whose old rows it deletes', () => {
    report.storeFailed(failure('57014'), 'trail');
    report.storeFailed(failure('23503'), 'audits');
    expect(lines).toEqual([
      { ...line, table: 'trail', sqlstate: '57014' },
      { ...line, table: 'audits', sqlstate: '23503' },
    ]);
  });

  it('An outage of Postgres is not logged for each statement', () => {
    for (const code of ['ECONNREFUSED', '57P01', '25006']) report.storeFailed(failure(code, 'claim'));
    expect(lines).toEqual([]);
  });
});

describe('WorkerReport', () => {
  it('A worker is ready once it has partitions and fetches, and not while its last fetch is older than 30 s', async () => {
    report.watchConsumer(lastFetch, consumer);
    expect(await reportedAfter({})).toEqual({ ready: false, detail: 'no fetch yet', healthz: 200 });
    report.assigned([1, 2]);
    expect(await reportedAfter({ ageMs: 29_000 })).toEqual({
      ready: true,
      detail: 'partitions 1, 2',
      healthz: 200,
    });
    expect(await reportedAfter({ ageMs: 31_000 })).toEqual({
      ready: false,
      detail: 'no fetch for 31 s',
      healthz: 200,
    });
  });

  it('A worker fails /healthz with the reason while its consumer is stuck', async () => {
    report.watchConsumer(lastFetch, consumer);
    expect(await reportedAfter({ ageMs: 121_000, isStuck: true })).toMatchObject({ healthz: 503 });
    expect(healthz().body).toBe('the consumer is stuck although Kafka is available: no fetch for 121 s');
    expect(await reportedAfter({ ageMs: 100 })).toMatchObject({ healthz: 200 });
  });
});
