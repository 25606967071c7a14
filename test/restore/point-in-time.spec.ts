import { beforeAll, expect, it } from '@jest/globals';
import { Resolution, VisitStatus } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import {
  eventually,
  kill,
  newAppid,
  readyz,
  startAgain,
  unary,
  useWorldOn,
  worker,
  world,
  wxaHere,
} from '../use-world.js';
import { BackedUpPostgres } from './backed-up-postgres.js';
import { readTopics, valuesById } from './read-topics.js';
import { Releases } from './releases.js';

/** Mini-programs with ten operations each, before and after the backup. */
const APPS = 20;
/** Versions, of which two can be reverted. */
const THREE = ['1.0', '2.0', '3.0'];

let releases: Releases;
/** The time that Postgres is restored to. */
let time: Date;
/** Mini-programs of which WeChat executed a RevertRelease that it has not answered. */
const unanswered = [newAppid(), newAppid()];
/** A mini-program with an open audit, and one that is unknown to the service. */
const [audited, unknown] = [newAppid(), newAppid()];

const server = useWorldOn(() => BackedUpPostgres.start(), {
  follow: false,
  env: { OPERATION_LEASE_MARGIN_MS: '500' },
});
beforeAll(async () => {
  const postgres = server();
  releases = new Releases(world);
  step(`${APPS * 10} operations`);
  await releaseAll(APPS);
  step('base backup');
  await postgres.backUp();
  await throughTheTime();
  step(`${APPS * 10} more operations, and three RevertReleases that WeChat executes and does not answer`);
  await releaseAll(APPS);
  for (const appid of unanswered) await releases.releaseAndRevert(appid, THREE);
  for (const appid of unanswered) await releases.revertUnanswered(appid);
  await releases.run(audited, 'Commit', { templateId: 1n, userVersion: '1.0' });
  await releases.run(audited, 'SubmitAudit', { items: [AUDIT_ITEM] });
  step('crash of gateway, worker and PostgreSQL');
  await kill(...world.apps);
  await postgres.crash();
  await world.sim.clearFaults();
  step(`PostgreSQL is restored to ${time.toISOString()}`);
  await postgres.restoreTo(time);
  await startAgain(world.stack.gateway);
});

const releaseAll = (count: number) =>
  Promise.all(Array.from({ length: count }, () => releases.releaseAndRevert(newAppid())));

/** A RevertRelease that is QUEUED at the time, and one that is RETRYING then; both are executed after it. */
async function throughTheTime(): Promise<void> {
  const [queued, retrying] = [newAppid(), newAppid()];
  for (const appid of [queued, retrying]) await releases.releaseAndRevert(appid, THREE);
  const hung = await world.sim.addFault({ api: 'wxa/change_visitstatus', appid: queued, kind: 'hang' });
  const busy = await world.sim.addFault({
    api: 'wxa/revertcoderelease',
    appid: retrying,
    kind: 'busy',
    times: 0,
  });
  await releases.ask(queued, 'ChangeVisitStatus', { status: VisitStatus.VISIT_STATUS_CLOSED });
  const { id } = await releases.ask(queued, 'RevertRelease');
  await releases.ask(retrying, 'RevertRelease');
  await eventually(async () => (await world.sim.fault(hung.id)).held === 1);
  await eventually(async () => (await world.sim.fault(busy.id)).hits > 0);
  time = await server().now();
  step(`the time ${time.toISOString()}: one RevertRelease is QUEUED, one RETRYING`);
  const isHeld = await releases.holdAnswer(retrying, 'wxa/revertcoderelease');
  await world.sim.clearFaults(busy.id);
  await world.sim.releaseFault(hung.id);
  await world.wait(id);
  await isHeld();
}

async function quota(...args: string[]): Promise<void> {
  expect(await wxaHere(['quota', ...args])).toMatchObject({ code: 0 });
}

const UNFINISHED = `select id, state = 'IN_DOUBT' and ask_at is null as needs_operator from operations
  where ended_at is null`;

it('Before wxa restore a worker executes nothing and the gateway accepts no change', async () => {
  step('the worker starts');
  const { executed } = await releases.counts();
  await worker().start();
  await eventually(async () => (await world.sql('select from history_state where behind')).length === 1);
  await eventually(async () => (await readyz(world.stack.addresses.workers[0] ?? '')).status === 503);
  const commit = { templateId: 1n, userVersion: '1.0' };
  // The gateway reads the verdict once a second.
  const refusal = await eventually(() => refusalOf(releases.ask(newAppid(), 'Commit', commit)));
  expect(refusal).toMatchObject({ code: 'UNAVAILABLE', reason: 'HISTORY_BEHIND' });
  expect((await releases.counts()).executed).toEqual(executed);
  const waiting = () => world.sql('select appid from audit_pushes where waiting order by received_at');
  await world.sim.decide(audited, { decision: 'approve' });
  await eventually(async () => expect(await waiting()).toEqual([{ appid: audited }]));
  await world.sim.push(unknown, { event: 'weapp_audit_success' });
  expect(await waiting()).toEqual([{ appid: audited }, { appid: unknown }]);
  step('the worker refuses to run changes, and is stopped');
  await worker().stop();
});

it('After wxa restore every accepted change has been executed once', async () => {
  step(`wxa restore --since ${time.toISOString()}`);
  const { code, out, err } = await wxaHere(['restore', '--since', time.toISOString()]);
  step(out);
  expect({ code, err: err.split('\n').filter((line) => !line.includes('"audit":true')) }).toEqual({
    code: 0,
    err: [''],
  });
  await startAgain(worker());
  step('the worker runs, and every API of a change stays stopped');
  const stops = await world.sql(`select from api_limits where stop_reason = 'restore'`);
  expect(stops.length).toBeGreaterThan(10);
  await quota('lift', '--all-changes');
  step('the operator lifts the stops');
  const left = async () => (await world.sql<{ id: string; needs_operator: boolean }>(UNFINISHED)) ?? [];
  await eventually(async () => (await left()).every(({ needs_operator }) => needs_operator));
  const doubts = await left();
  step(`${doubts.length} operations in doubt are resolved by the operator`);
  // The snapshots of these two were stored after the time.
  expect(doubts).toHaveLength(2);
  for (const { id } of doubts) {
    const by = { resolvedBy: 'drill', reason: 'the ledger of the simulator', auditId: 0n };
    await unary(world.operations, 'resolveOperation', {
      id,
      resolution: Resolution.RESOLUTION_DONE,
      ...by,
    });
  }
  await eventually(async () => (await left()).length === 0);
  const { accepted, executed } = await releases.counts();
  expect(executed).toEqual(accepted);
  step(`${releases.asked.length} changes were executed once each`);
});

it('After wxa restore every repeated request returns its operation, and every ce_id has one value', async () => {
  const repeated = await Promise.all(
    releases.asked.map(async ({ method, request }) => (await world.change(method, request)).id),
  );
  expect(repeated).toEqual(releases.asked.map(({ id }) => id));
  const asked = releases.asked.map(({ request }) => request.appid);
  const states = await world.sql(
    'select state, count(*)::int as n from operations where is_change and appid = any($1) group by 1',
    [asked],
  );
  expect(states).toEqual([{ state: 'SUCCEEDED', n: releases.asked.length }]);
  await eventually(async () => (await world.sql('select from outbox limit 1')).length === 0);
  const messages = await readTopics(world.stack.addresses.kafka, world.prefix);
  valuesById(messages);
  const callbacks = messages.filter(({ value }) => value.includes('AUDIT_SOURCE_CALLBACK'));
  const published = callbacks.map(({ value }): object => JSON.parse(value));
  expect(published).toHaveLength(2);
  expect(published).toContainEqual(
    expect.objectContaining({ appid: audited, operationId: expect.any(String) }),
  );
  expect(published).toContainEqual(expect.not.objectContaining({ operationId: expect.any(String) }));
  const audits = await world.sql(
    'select state, count(*)::int as n from audits where appid = any($1) group by 1',
    [asked],
  );
  expect(audits).toEqual([
    { state: 'APPROVED', n: releases.asked.filter(({ method }) => method === 'SubmitAudit').length },
  ]);
  step('every request_id is idempotent, every ce_id has one value');
});

let steps = 0;

/** Printed by `npm run drill:restore`. */
function step(text: string): void {
  steps += 1;
  if (process.env.DRILL !== undefined) process.stderr.write(`${steps}. ${text}\n`);
}
