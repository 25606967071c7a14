import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { PrimaryAndStandby } from '../failover/primary-and-standby.js';
import { refusalOf } from '../gateway/calls.js';
import { Releases } from '../restore/releases.js';
import { World } from '../world.js';
import { wxa } from '../wxa.js';

/** How far the standby is behind when it is promoted. */
const LATE_MS = 2_000;
const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';

let servers: PrimaryAndStandby;
let world: World;
beforeAll(async () => {
  servers = await PrimaryAndStandby.start();
  // The held call outlasts the failover.
  world = await World.start({ postgresUrl: servers.url, env: { WECHAT_TIMEOUT_MS: '60000' } });
}, 120_000);
afterAll(async () => {
  await world?.stop();
  await servers?.stop();
}, 60_000);

const worker = () => world.stack.workers[0] as World['stack']['workers'][0];
const request = (appid = newAppid()) => ({
  ...{ appid, requestId: randomUUID() },
  ...{ templateId: 1n, userVersion: '1.0' },
});
type Request = ReturnType<typeof request>;

async function committed(made: Request): Promise<Request & { id: string }> {
  const { id } = await world.change('Commit', made);
  expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  return { ...made, id };
}

/** Commits that WeChat executed for a mini-program. */
async function executed(appid: string): Promise<number> {
  const calls = await world.sim.calls({ appid, api: 'wxa/commit' });
  return calls.filter(({ effect }) => effect !== null).length;
}

const history = async () => (await world.sql<{ behind: boolean }>('select behind from history_state'))[0];

it('A standby promoted 2 s late: no change runs twice, and after wxa restore every request has its outcome', async () => {
  const before = await committed(request());
  const releases = new Releases(world);
  const reverted = newAppid();
  await releases.release(reverted, ['1.0', '2.0', '3.0']);
  const held = request();
  const fault = await world.sim.addFault({
    api: 'wxa/commit',
    appid: held.appid,
    kind: 'hang',
    when: 'before',
  });
  worker().kill('SIGSTOP');
  const since = new Date().toISOString();
  const { id: inFlight } = await world.change('Commit', held);
  const database = new URL(world.stack.addresses.postgres).pathname.slice(1);
  await servers.cutStandbyAfter(database, `select from operations where id = '${inFlight}'`);
  worker().kill('SIGCONT');
  await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
  const lost: (Request & { id: string })[] = [];
  for (const until = Date.now() + LATE_MS; Date.now() < until; await delay(100))
    lost.push(await committed(request()));
  expect(await releases.run(reverted, 'RevertRelease')).toMatchObject({ state: SUCCEEDED });
  const [revert] = releases.asked.slice(-1);
  if (revert === undefined) throw new Error('no RevertRelease was accepted');
  await eventually(() => {
    const published = world.messages('OperationCompleted').map(({ id }) => id);
    return [...lost, revert].every(({ id }) => published.some((one) => one.startsWith(id)));
  });
  await servers.failOver();

  await eventually(async () => (await history())?.behind === true, 60_000);
  await world.sim.releaseFault(fault.id);
  // A gateway may still have a connection to the primary that hangs: its callers retry.
  const settled = await eventually(() => world.wait(inFlight), 60_000);
  expect(settled).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  expect(await logged(worker(), 'claim forgotten')).toMatchObject([{ operation: inFlight, is_stored: true }]);
  // The gateway reads the verdict once a second.
  await eventually(() => refusalOf(world.change('Commit', request())));
  for (const { id: _, ...again } of lost)
    expect(await refusalOf(world.change('Commit', again))).toMatchObject({ reason: 'HISTORY_BEHIND' });

  await worker().stop();
  const env = {
    DATABASE_URL: world.stack.addresses.postgres,
    KAFKA_BROKERS: world.stack.addresses.kafka,
    KAFKA_TOPIC_PREFIX: world.prefix,
  };
  expect(await wxa(['restore', '--since', since], env)).toMatchObject({ code: 0 });
  expect(await wxa(['quota', 'lift', '--all-changes'], env)).toMatchObject({ code: 0 });
  await worker().start();
  await worker().waitReady();
  await eventually(async () => expect(await committed(request())).toBeDefined());
  for (const { id, ...again } of [before, ...lost, { ...held, id: inFlight }]) {
    expect(await world.change('Commit', again)).toMatchObject({ id, state: SUCCEEDED });
    expect(await executed(again.appid)).toBe(1);
  }
  expect(await world.change('RevertRelease', revert.request)).toMatchObject({
    id: revert.id,
    state: SUCCEEDED,
  });
  expect(await world.sim.calls({ appid: reverted, api: 'wxa/revertcoderelease' })).toHaveLength(1);
  const values = new Map(world.seen.map(({ id, value }) => [id, value]));
  expect(world.seen.filter(({ id, value }) => values.get(id) !== value)).toEqual([]);
}, 240_000);
