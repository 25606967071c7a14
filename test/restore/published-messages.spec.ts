import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isMethod, METHODS, requestHash, TOPICS } from '@wxa/contracts';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { newAppid } from '../appid.js';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { command, KafkaAndPostgres, type Lost, lost, type Message, outcome } from './kafka-and-postgres.js';
import { contents } from './lost-time.js';

let servers: KafkaAndPostgres;
let since: string;
/** The report of the first run, which has what all of these mini-programs need. */
let first: { counts: Record<string, number>; left: { appid: string }[]; missing: string[] };
beforeAll(async () => {
  servers = await KafkaAndPostgres.create(2);
  since = new Date().toISOString();
  // Before all others, because a window has all messages after its first one.
  await early.produce();
  await unreadable.produce();
  await conflict.produce();
  await reused.produce();
  await ends.produce();
  await store(merged, 'QUEUED', { ...merged.request, appid: 'as-given' });
  first = (await restore()).report;
});
afterAll(() => servers?.close());

const restore = async (from = since) => {
  const { code, out, err } = await servers.wxa('restore', '--since', from, '--json');
  return { code, err, report: out === '' ? undefined : JSON.parse(out) };
};

const leftOf = (operation: Lost) => first.left.filter(({ appid }) => appid === operation.appid);

/** Inserts an operation as Postgres has it after it was restored. */
async function store({ id, appid, method, request, createdAt }: Lost, state: string, content = request) {
  if (!isMethod(method)) throw new Error(method);
  await servers.sql(
    `insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, started_at,
       ended_at, traceparent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $8 <> 'QUEUED' then now() end, case when $8 = 'SUCCEEDED' then now() end, '')`,
    [
      ...[id, appid, request.requestId, requestHash(method, { ...content }), method],
      ...[METHODS[method].kind === 'change', JSON.stringify(request), state, createdAt],
    ],
  );
}

const stateOf = async ({ id }: Lost) => {
  const text = 'select state, may_have_acted as "mayHaveActed" from operations where id = $1';
  return (await servers.sql<{ state: string; mayHaveActed: boolean }>(text, [id]))[0];
};

const produceCommands = (...operations: Lost[]) => servers.produce(TOPICS.commands, operations.map(command));

const published = (operation: Lost, state: string): Message =>
  outcome(operation, 'OperationCompleted', { state, endTime: new Date() });

/** Messages of a later version, and one of another program. */
const unreadable = {
  command: lost(newAppid(), 'Commit'),
  ended: lost(newAppid(), 'Commit'),
  async produce() {
    const future = command(this.command);
    await servers.produce(TOPICS.commands, [
      { ...future, value: future.value.replace('"Commit"', '"FutureMethod"') },
      { key: this.command.appid, value: 'x', headers: {} },
    ]);
    const paused = published(this.ended, 'PAUSED');
    const headers = { ...paused.headers, ce_type: 'wxa.code.v1.OperationPaused' };
    await servers.produce(TOPICS.outcomes, [paused, { ...paused, headers }]);
  },
};

/** A change that was in doubt and is forgotten; its repetition is behind a change that has begun. */
const conflict = (() => {
  const appid = newAppid();
  const [begun, older] = [lost(appid, 'Release'), lost(appid, 'Commit', 'r-1')];
  const repeated = lost(appid, 'Commit', 'r-1');
  const produce = async () => {
    await store(begun, 'RETRYING');
    await store(repeated, 'QUEUED');
    await produceCommands(older, repeated);
    const doubt = outcome(older, 'OperationInDoubt', { state: 'IN_DOUBT', claim: 1, attempts: 1 });
    await servers.produce(TOPICS.outcomes, [doubt]);
  };
  return { begun, repeated, produce };
})();

/** Changes from before `since`, which were in flight at the crash; that the second is in doubt was published. */
const early = {
  changes: [lost(newAppid(), 'RevertRelease'), lost(newAppid(), 'RevertRelease')] as const,
  async produce() {
    const timestamp = String(Date.parse(since) - 3_600_000);
    const commands = this.changes.map((change) => ({ ...command(change), timestamp }));
    await servers.produce(TOPICS.commands, commands);
    const doubt = outcome(this.changes[1], 'OperationInDoubt', { state: 'IN_DOUBT', claim: 1, attempts: 1 });
    await servers.produce(TOPICS.outcomes, [{ ...doubt, timestamp }]);
  },
};

/** A query that retention has deleted, and another of its request_id. */
const reused = (() => {
  const appid = newAppid();
  const [deleted, stored] = [lost(appid, 'GetVisitStatus', 'r-1'), lost(appid, 'GetVisitStatus', 'r-1')];
  const produce = async () => {
    await produceCommands(deleted);
    await servers.produce(TOPICS.outcomes, [published(deleted, 'SUCCEEDED')]);
    await servers.sql('update history_state set queries_deleted_until = clock_timestamp()');
    await store(stored, 'SUCCEEDED', { ...stored.request, appid: 'other' });
  };
  return { deleted, produce };
})();

/** Operations of which two ends were published. */
const ends = {
  different: lost(newAppid(), 'Commit'),
  same: lost(newAppid(), 'Commit'),
  async produce() {
    await produceCommands(this.different, this.same);
    const end = published(this.same, 'SUCCEEDED');
    const others = ['SUCCEEDED', 'CANCELLED'].map((state) => published(this.different, state));
    await servers.produce(TOPICS.outcomes, [...others, end, end]);
  },
};

/** A change that waits; settings were merged into its request. */
const merged = lost(newAppid(), 'Commit');

describe('wxa restore', () => {
  it('A command that is published again has the hash of the request as it was given, if settings were merged into it', async () => {
    const hashes = await servers.sql<{ command: string | null; hash: string }>(
      `select b.value::json ->> 'requestHash' as command, encode(o.request_hash, 'base64') as hash
       from operations o join outbox b on b.event_id = o.id || '.command.0' where o.id = any($1)`,
      [[merged.id, conflict.repeated.id]],
    );
    expect(hashes.map(({ command, hash }) => command === hash)).toContain(true);
    expect(hashes.filter(({ command }) => command === null)).toHaveLength(hashes.length - 1);
  });

  it('A message that this version cannot read is counted and left, one of another program is skipped', () => {
    expect(first.counts).toMatchObject({ unreadable: 3 });
    const message = expect.stringMatching(/^wxa\.code\.commands\.v1 [01]:\d+$/);
    expect(leftOf(unreadable.command)).toEqual([expect.objectContaining({ message, why: 'UNKNOWN_METHOD' })]);
    const operationId = unreadable.ended.id;
    expect(leftOf(unreadable.ended)).toMatchObject([
      { operationId, why: 'a field is missing or has an unknown value' },
      { operationId, why: 'this version does not know the type wxa.code.v1.OperationPaused' },
    ]);
  });

  it('A repeated change whose older operation was in doubt is reconciled before its call behind a change that has begun', async () => {
    expect(first.counts).toMatchObject({ conflicts: 1, inDoubt: 1 });
    expect(await stateOf(conflict.begun)).toEqual({ state: 'IN_DOUBT', mayHaveActed: true });
    expect(await stateOf(conflict.repeated)).toEqual({ state: 'QUEUED', mayHaveActed: true });
  });

  it.each([
    ['first', 'IN_DOUBT', 'QUEUED'],
    ['second', 'QUEUED', 'IN_DOUBT'],
  ])(
    'A repeated change whose older command is the %s of two on Kafka, but not by its id, is %s, and the other one is %s',
    async (place, ofRepeated, ofOther) => {
      const appid = newAppid();
      const [older, other] = [lost(appid, 'RevertRelease', 'r-1'), lost(appid, 'RevertRelease')];
      const repeated = lost(appid, 'RevertRelease', 'r-1');
      if (place === 'first') [older.id, other.id] = [other.id, older.id];
      await store(repeated, 'QUEUED');
      await produceCommands(...(place === 'first' ? [older, other] : [other, older]));
      expect((await restore()).report.counts).toMatchObject({ inserted: 1 });
      expect([await stateOf(repeated), await stateOf(other)]).toMatchObject([
        { state: ofRepeated, mayHaveActed: ofRepeated === 'IN_DOUBT' },
        { state: ofOther, mayHaveActed: ofOther === 'IN_DOUBT' },
      ]);
    },
  );

  it('A second run with an earlier time puts the changes in doubt that it learns of, and queues those behind them again', async () => {
    const later = early.changes.map(({ appid }) => lost(appid, 'RevertRelease'));
    await produceCommands(...later);
    expect((await restore()).report.counts).toMatchObject({ inserted: 2, inDoubt: 2 });
    // As the relay publishes what the first run has written.
    const doubts = later.map((change) =>
      outcome(change, 'OperationInDoubt', { state: 'IN_DOUBT', claim: 1 }),
    );
    await servers.produce(TOPICS.outcomes, doubts);
    const earlier = new Date(Date.parse(since) - 7_200_000).toISOString();
    expect((await restore(earlier)).report.counts).toMatchObject({ inserted: 2, inDoubt: 2 });
    for (const change of early.changes)
      expect(await stateOf(change)).toEqual({ state: 'IN_DOUBT', mayHaveActed: true });
    for (const change of later)
      expect(await stateOf(change)).toEqual({ state: 'QUEUED', mayHaveActed: false });
  });

  it('A request_id that was used again after retention had deleted its query is no conflict', () => {
    expect([leftOf(reused.deleted), first.missing]).toEqual([[], []]);
  });

  it('An operation that was published as ended with two values is left, and one with one value twice is not', () => {
    const why = 'it was published as ended with different values';
    expect(leftOf(ends.different)).toMatchObject([{ operationId: ends.different.id, why }]);
    expect(leftOf(ends.same)).toEqual([]);
  });

  it('What wxa restore publishes has the source under which wxa republish publishes it again', async () => {
    const [upload, sent] = [lost(newAppid(), 'UploadAuditMedia'), lost(newAppid(), 'Release')];
    await produceCommands(upload, sent);
    expect((await restore()).report.counts).toMatchObject({ contentLost: 1, inDoubt: 1 });
    expect((await servers.wxa('republish', '--since', since, '--topic', 'outcomes')).code).toBe(0);
    const sources = await servers.sql(
      `select split_part(event_id, '.', 2) as event, array_agg(source) as sources from outbox
       where appid = any($1) and topic = $2 group by event_id order by 1`,
      [[upload.appid, sent.appid], TOPICS.outcomes],
    );
    expect(sources).toEqual(
      ['completed', 'in-doubt'].map((event) => ({ event, sources: ['release-worker', 'release-worker'] })),
    );
  });

  it('A worker that starts while wxa restore finishes does not make it fail', async () => {
    const [blocker, worker] = ['test', 'wxa-release-worker'].map(
      (name) => new pg.Client({ connectionString: servers.url, application_name: name }),
    ) as [pg.Client, pg.Client];
    await blocker.connect();
    await blocker.query('begin; lock table trail in exclusive mode');
    const restored = restore();
    await eventually(async () => (await servers.sql(BLOCKED)).length === 1);
    await worker.connect();
    await blocker.end();
    const result = await restored;
    await worker.end();
    expect(result).toMatchObject({ code: 1, report: { counts: {} } });
  });
});

describe("Kafka's retention", () => {
  const setRetention = async (topic: string, ms: number) => {
    const configEntries = [{ name: 'retention.ms', value: String(ms) }];
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await servers.admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name: topic, configEntries }],
    });
  };

  it('wxa restore writes nothing and exits with 64 if one partition has lost messages and another has older ones', async () => {
    const topic = servers.prefix + TOPICS.audits;
    const message = { key: 'k', value: 'of another program', headers: {} };
    const timestamp = String(Date.parse(since) - 3_600_000);
    await servers.produce(TOPICS.audits, [
      { ...message, partition: 0, timestamp },
      { ...message, partition: 0 },
      { ...message, partition: 1 },
    ]);
    await servers.admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '1' }] });
    await setRetention(topic, 60_000);
    const from = new Date(Date.parse(since) - 300_000).toISOString();
    const err = `${topic} no longer has messages from ${from} on: its retention is too short for --since (partition 1)`;
    const stored = await contents(servers);
    expect(await restore()).toMatchObject({ code: 64, err: expect.stringContaining(err) });
    expect(await contents(servers)).toEqual(stored);
    await setRetention(topic, 86_400_000);
    expect((await restore()).code).toBe(1);
  });
});
