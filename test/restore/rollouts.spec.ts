import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CloudEvent, RolloutStep, TOPICS, toKafkaMessage } from '@wxa/contracts';
import { readApiLimits, stopApis } from '@wxa/limits';
import { findCommands } from '@wxa/operations';
import { addTargets } from '@wxa/rollouts/calls';
import { STEP_NUMBERS } from '@wxa/rollouts/core';
import pg from 'pg';
import { authorize, newcomers, takingIn } from '../intake/intake-steps.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, storesOf } from '../store/scratch-store.js';
import { actOn } from '../store/use-store.js';
import { steps } from '../turns/turn-steps.js';
import { KafkaAndPostgres } from './kafka-and-postgres.js';
import { forget, remember } from './lost-time.js';

const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };
const TABLES = ['rollouts', 'rollout_waves', 'rollout_counts', 'rollout_targets', 'rollout_wakeups'].concat([
  'rollout_candidates',
  'rollout_changes',
  'operations',
  'outbox',
]);

let servers: KafkaAndPostgres;
let scratch: ScratchStore;
let pool: pg.Pool;
let since: string;
/** Rollouts by what happened to them in the lost time. */
const rollouts: Record<'paused' | 'ended' | 'touched' | 'cancelling' | 'rollback' | 'closed', string> = {
  ...{ paused: '', ended: '', touched: '', cancelling: '', rollback: '', closed: '' },
};
/** The ids of all events of rollouts that were published in the lost time. */
let published: string[];
/** A customer of the rollout that was closed, which authorized, and was done, in the lost time. */
let customer: string;
/** What `wxa restore --json` printed. */
let report: {
  rollouts: { id: string; state: string | null; lastEvent: string | null; rollbackOf: string | null }[];
  strayOperations: { rolloutId: string }[];
  stopped: { rollouts: string[]; replaced: { api: string; by: string; reason: string }[] };
};

beforeAll(async () => {
  servers = await KafkaAndPostgres.create(1);
  scratch = await storesOf(servers.url);
  actOn(scratch);
  pool = new pg.Pool({ connectionString: servers.url, max: 1 });
  pool.on('error', () => undefined);
  for (const name of ['paused', 'ended', 'touched', 'cancelling'] as const)
    rollouts[name] = await steps.start(newAppids(1), COMMIT_ONLY);
  rollouts.closed = await steps.start([], takingIn());
  await steps.turns();
  await steps.cancel(rollouts.cancelling);
  await publish(TOPICS.rollouts);
  const by = { by: { caller: 'cli:ann@host', onBehalfOf: null, peer: null }, onRecorded: () => undefined };
  const until = new Date(Date.now() + 3_600_000);
  await stopApis(pool, by, { apis: ['wxa/release'], until, reason: 'template 128 is broken' });
  await scratch.worker.limits.stop('wxa/submit_audit', 85085, 'used up');
  await remember(scratch, TABLES);
  since = new Date().toISOString();
  published = await lostTime();
  await forget(scratch, TABLES);
  // Before the restore an operator pauses one of them once more.
  await steps.pause(rollouts.touched);
  const { code, out } = await servers.wxa('restore', '--since', since, '--json');
  expect(code).toBe(0);
  report = JSON.parse(out);
});
afterAll(async () => {
  await pool?.end();
  await scratch?.close();
  await servers?.close();
});

/** What Postgres forgets. Returns the ids of the events. */
async function lostTime(): Promise<string[]> {
  await steps.pause(rollouts.paused);
  await steps.pause(rollouts.touched);
  await steps.turns();
  await steps.resume(rollouts.touched);
  const [operation] = await steps.open(rollouts.ended);
  await steps.settle(operation?.id ?? '', 'SUCCEEDED');
  [customer = ''] = await newcomers(1);
  await steps.turns();
  await steps.succeed(rollouts.closed);
  await steps.close(rollouts.closed);
  await steps.turns();
  rollouts.rollback = await steps.start(newAppids(1), COMMIT_ONLY);
  await scratch.sql('update rollouts set rollback_of = $2 where id = $1', [
    rollouts.rollback,
    rollouts.ended,
  ]);
  await steps.turns();
  await publish(TOPICS.commands, rollouts.rollback);
  return (await publish(TOPICS.rollouts)).map(({ id }) => id);
}

/** Publishes the events of a topic in the outbox, of commands those of one rollout, which have their values in the operations. */
async function publish(topic: CloudEvent['topic'], rolloutId = ''): Promise<CloudEvent[]> {
  const stored = await scratch.sql<CloudEvent>(
    `delete from outbox where case when $2 = '' then topic = $1
       else (topic = $1 or topic = '') and event_id in (select id || '.command.0' from operations where rollout_id::text = $2) end
     returning event_id as id, topic, type, source, appid, subject, time, traceparent, value`,
    [topic, rolloutId],
  );
  const ids = stored.map(({ id }) => id);
  const events = rolloutId === '' ? stored : [...(await findCommands(pool, ids, 'release-worker')).values()];
  await servers.produce(
    topic,
    events.map((event) => toKafkaMessage(event, 'test')),
  );
  return events;
}

const stateOf = async (id: string) => (await steps.rollout(id)).state;
const changesOf = (id: string, type: string) =>
  scratch.sql<{ seq: string; reason: string; caller: string }>(
    'select seq, reason, caller from rollout_changes where rollout_id = $1 and type = $2 order by seq',
    [id, type],
  );

it('After wxa restore no rollout is RUNNING, and the journal of each that was says why', async () => {
  expect(await scratch.sql(`select id from rollouts where state = 'RUNNING'`)).toEqual([]);
  for (const id of [rollouts.paused, rollouts.ended, rollouts.closed]) {
    expect(await stateOf(id)).toBe('PAUSED');
    expect(await changesOf(id, 'PAUSED')).toEqual([
      {
        seq: expect.any(String),
        reason: `Postgres was restored to ${since}`,
        caller: expect.stringMatching(/^cli:/),
      },
    ]);
  }
  expect(await stateOf(rollouts.cancelling)).toBe('CANCELLING');
  const trail = await scratch.sql(`select from trail where action = 'rollout.paused'`);
  expect(trail).toHaveLength(3);
});

it('wxa restore lists the rollouts that it paused, those with later events and those that only Kafka knows', () => {
  const found = new Map(report.rollouts.map((rollout) => [rollout.id, rollout]));
  expect(found.get(rollouts.paused)).toMatchObject({ state: 'RUNNING', lastEvent: 'RolloutPaused' });
  expect(found.get(rollouts.ended)).toMatchObject({ state: 'RUNNING', lastEvent: 'RolloutCompleted' });
  expect(found.get(rollouts.closed)).toMatchObject({ state: 'RUNNING', lastEvent: 'RolloutCompleted' });
  expect(found.get(rollouts.touched)).toMatchObject({ state: 'PAUSED', lastEvent: 'RolloutResumed' });
  expect(found.get(rollouts.rollback)).toMatchObject({ state: null, lastEvent: 'RolloutStarted' });
  expect(found.get(rollouts.rollback)?.rollbackOf).toBe(rollouts.ended);
  expect(report.strayOperations).toMatchObject([{ method: 'Commit', rolloutId: rollouts.rollback }]);
  expect(report.stopped.rollouts.toSorted()).toEqual(
    [rollouts.paused, rollouts.ended, rollouts.closed].toSorted(),
  );
});

it('After wxa restore the APIs of all changes are stopped until they are lifted, with the stops of before', async () => {
  const limits = await readApiLimits(pool, 0);
  const stops = new Map(limits.map(({ api, stop }) => [api, stop]));
  for (const api of ['wxa/commit', 'wxa/submit_audit', 'wxa/revertcoderelease', 'Calls/ChangeWechat'])
    expect(stops.get(api)).toMatchObject({ source: 'operator', operator: { reason: 'restore' } });
  expect(stops.get('wxa/commit')?.until.getUTCFullYear()).toBe(9999);
  expect(stops.get('wxa/submit_audit')).toMatchObject({ quota: { errcode: 85085 } });
  expect(stops.get('wxa/release')?.operator?.reason).toMatch(
    /^restore; before: cli:ann@host, until .+: template 128 is broken$/,
  );
  expect(stops.has('wxa/getversioninfo')).toBe(false);
  expect(report.stopped.replaced).toMatchObject([{ api: 'wxa/release', by: 'cli:ann@host' }]);
});

it('No event of a rollout after a restore has the id of one that was published in the lost time', async () => {
  await steps.turns();
  const [operation] = await steps.open(rollouts.ended);
  await steps.settle(operation?.id ?? '', 'SUCCEEDED');
  await steps.turns();
  const later = (await publish(TOPICS.rollouts)).map(({ id }) => id);
  expect(later.filter((id) => published.includes(id))).toEqual([]);
  const of = (id: string) => later.filter((event) => event.startsWith(`${id}.`));
  // RolloutPaused of each; its target and the rollout have completed again.
  expect(of(rollouts.paused)).toHaveLength(1);
  expect(of(rollouts.touched)).toHaveLength(1);
  expect(of(rollouts.ended).length).toBeGreaterThanOrEqual(3);
});

it('A rollout that was closed in the lost time is open and paused, and takes a forgotten customer in again, under event ids of its own', async () => {
  expect(await steps.rollout(rollouts.closed)).toMatchObject({ state: 'PAUSED', open: true, targets: 0 });
  await authorize(customer);
  await steps.turns();
  expect(await steps.targets(rollouts.closed)).toMatchObject([
    { appid: customer, state: 'PENDING', completions: 1 },
  ]);
  await steps.skip(rollouts.closed, { appids: [customer] });
  await steps.turns();
  const ids = (await publish(TOPICS.rollouts)).map(({ id }) => id);
  expect(published).toContain(`${rollouts.closed}.${customer}.1`);
  expect(ids).toContain(`${rollouts.closed}.${customer}.2`);
});

it('A watcher gets the version that a rollout went back to, and learns that a rollout is lost', async () => {
  const { id, version } = await steps.rollout(rollouts.paused);
  const known = { id, version: String(Number(version) + 5) };
  const lost = { id: rollouts.rollback, version: '1' };
  const changed = new Map(await scratch.gateway.rollouts.changed([known, { id, version }, lost]));
  expect([...changed.keys()].toSorted()).toEqual([id, lost.id].toSorted());
  expect(changed.get(id)).toMatchObject({ id, version, state: 'PAUSED' });
  expect(changed.get(lost.id)).toBeNull();
});

it('A repeated wxa restore pauses no rollout twice, and its report still has what only Kafka knows', async () => {
  const { out } = await servers.wxa('restore', '--since', since, '--json');
  const again = JSON.parse(out) as typeof report;
  expect(again.stopped).toEqual({ rollouts: [], replaced: [] });
  expect(again.rollouts.find(({ id }) => id === rollouts.rollback)).toMatchObject({ state: null });
  expect(await changesOf(rollouts.paused, 'PAUSED')).toHaveLength(1);
});

it('wxa restore --accept pauses all rollouts, stops all changes and raises seq by 1,000,000', async () => {
  await scratch.sql('delete from api_limits');
  const id = await steps.start(newAppids(1), COMMIT_ONLY);
  await steps.turns();
  await publish(TOPICS.rollouts);
  // An entry that a gateway wrote since may have the seq of a forgotten one.
  await steps.skip(id, { appids: [] });
  const { lastSeq } = await steps.rollout(id);
  const accepted = await servers.wxa('restore', '--accept', '--reason', 'asynchronous failover');
  expect(accepted).toMatchObject({ code: 0, out: expect.stringContaining(`paused: rollout ${id}`) });
  expect(accepted.out).toContain('wxa quota lift --all-changes');
  expect(await steps.rollout(id)).toMatchObject({
    state: 'PAUSED',
    pauseCause: 'REQUESTED',
    pauseDetail: 'the state of Postgres was accepted: asynchronous failover',
  });
  const open = await scratch.sql<{ seq: string }>(
    'select seq from rollout_changes where rollout_id = $1 and not published',
    [id],
  );
  expect(open).toHaveLength(2);
  for (const { seq } of open) expect(Number(seq)).toBeGreaterThan(Number(lastSeq) + 1_000_000);
  const stops = await readApiLimits(pool, 0);
  expect(stops.find(({ api }) => api === 'wxa/release')?.stop).toMatchObject({
    operator: { reason: 'restore' },
  });
  await steps.turns();
  expect(await stateOf(id)).toBe('PAUSED');
});

it('After wxa restore --accept a draft that may have been started in the lost time completes its targets under event ids of its own', async () => {
  const [kept = '', added = ''] = newAppids(2);
  const id = await steps.start([kept], COMMIT_ONLY);
  await scratch.sql(`update rollouts set state = 'DRAFT' where id = $1`, [id]);
  await servers.wxa('restore', '--accept', '--reason', 'asynchronous failover');
  const client = await pool.connect();
  const given = { appid: added, extPatch: null, items: null, wave: 0 };
  await addTargets(client, id, STEP_NUMBERS.COMMIT, [given]);
  client.release();
  expect(await steps.targets(id)).toMatchObject([
    { appid: kept, completions: 100 },
    { appid: added, completions: 100 },
  ]);
});
