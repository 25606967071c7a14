import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PrimaryAndStandby } from '../failover/primary-and-standby.js';
import { refusalOf } from '../gateway/calls.js';
import { Releases } from '../restore/releases.js';
import {
  commit,
  eventually,
  logged,
  newAppid,
  SUCCEEDED,
  startAgain,
  useWorldOn,
  worker,
  world,
  wxaHere,
} from '../use-world.js';

/** How far the standby is behind when it is promoted. */
const LATE_MS = 2_000;

const untilBehind = () =>
  eventually(async () => {
    expect(await world.sql('select from history_state where behind')).toHaveLength(1);
  });

/** A change with a request_id. */
interface Made {
  appid: string;
  requestId: string;
  id: string;
}

async function committed(
  { appid, requestId } = { appid: newAppid(), requestId: randomUUID() },
): Promise<Made> {
  const { id } = await commit(appid, { requestId });
  expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  return { appid, requestId, id };
}

// The held call outlasts the failover.
const servers = useWorldOn(() => PrimaryAndStandby.start(), { env: { WECHAT_TIMEOUT_MS: '60000' } });

it('A standby promoted 2 s late: no change runs twice, and after wxa restore every request has its outcome', async () => {
  const before = await committed();
  const releases = new Releases(world);
  const reverted = newAppid();
  await releases.release(reverted, ['1.0', '2.0', '3.0']);
  const held = { appid: newAppid(), requestId: randomUUID() };
  const hang = { api: 'wxa/commit', appid: held.appid, kind: 'hang', when: 'before' } as const;
  const fault = await world.sim.addFault(hang);
  worker().kill('SIGSTOP');
  const since = new Date().toISOString();
  const { id: inFlight } = await commit(held.appid, held);
  await servers().cutStandbyAfter(
    world.stack.addresses.postgres,
    `select from operations where id = '${inFlight}'`,
  );
  worker().kill('SIGCONT');
  await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
  const lost: Made[] = [];
  for (const until = Date.now() + LATE_MS; Date.now() < until; await delay(100)) lost.push(await committed());
  expect(await releases.run(reverted, 'RevertRelease')).toMatchObject({ state: SUCCEEDED });
  const [revert] = releases.asked.slice(-1);
  if (revert === undefined) throw new Error('no RevertRelease was accepted');
  await eventually(() => {
    const published = world.messages('OperationCompleted').map(({ id }) => id);
    return [...lost, revert].every(({ id }) => published.some((one) => one.startsWith(id)));
  });
  await servers().failOver();

  await untilBehind();
  await world.sim.releaseFault(fault.id);
  // A gateway may still have a connection to the primary that hangs: its callers retry.
  const settled = await eventually(() => world.wait(inFlight), 180_000);
  expect(settled).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  const claims = await logged(worker(), 'claim forgotten');
  expect(claims).toMatchObject([{ operation: inFlight, is_stored: true }]);
  // The gateway reads the verdict once a second.
  await eventually(() => refusalOf(commit()));
  for (const { appid, requestId } of lost)
    expect(await refusalOf(commit(appid, { requestId }))).toMatchObject({ reason: 'HISTORY_BEHIND' });

  await worker().stop();
  expect(await wxaHere(['restore', '--since', since])).toMatchObject({ code: 0 });
  expect(await wxaHere(['quota', 'lift', '--all-changes'])).toMatchObject({ code: 0 });
  await startAgain(worker());
  await eventually(async () => expect(await committed()).toBeDefined());
  for (const { id, appid, requestId } of [before, ...lost, { ...held, id: inFlight }]) {
    expect(await commit(appid, { requestId })).toMatchObject({ id, state: SUCCEEDED });
    const calls = await world.sim.calls({ appid, api: 'wxa/commit' });
    expect(calls.filter(({ effect }) => effect !== null)).toHaveLength(1);
  }
  const again = await world.change('RevertRelease', revert.request);
  expect(again).toMatchObject({ id: revert.id, state: SUCCEEDED });
  expect(await world.sim.calls({ appid: reverted, api: 'wxa/revertcoderelease' })).toHaveLength(1);
  const values = new Map(world.seen.map(({ id, value }) => [id, value]));
  expect(world.seen.filter(({ id, value }) => values.get(id) !== value)).toEqual([]);
});
