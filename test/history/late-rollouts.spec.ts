import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { PrimaryAndStandby } from '../failover/primary-and-standby.js';
import { StoppedRollouts } from '../restore/stopped-rollouts.js';
import { SHORT_WAITS } from '../rollouts/rollout-steps.js';
import { World } from '../world.js';
import { wxa } from '../wxa.js';

let servers: PrimaryAndStandby;
let world: World;
beforeAll(async () => {
  servers = await PrimaryAndStandby.start();
  world = await World.start({ postgresUrl: servers.url, follow: false, env: SHORT_WAITS });
}, 120_000);
afterAll(async () => {
  await world?.stop();
  await servers?.stop();
}, 60_000);

it('A late standby has forgotten a pause and a rollback: after wxa restore --accept both rollouts stay paused', async () => {
  const rollouts = new StoppedRollouts(world);
  await rollouts.start();
  const database = new URL(world.stack.addresses.postgres).pathname.slice(1);
  const done = rollouts.ids.map((id) => `select from rollouts where id = '${id}' and last_seq > 0`);
  await servers.cutStandbyAfter(database, done.join(' intersect all '));
  await rollouts.stop();
  const { id } = await world.change('Commit', { appid: newAppid(), templateId: 1n, userVersion: '1.0' });
  expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  await servers.failOver();
  const isBehind = async () => (await world.sql('select from history_state where behind')).length === 1;
  await eventually(isBehind, 60_000);
  const [worker] = world.stack.workers;
  await worker?.stop();
  const env = { DATABASE_URL: world.stack.addresses.postgres };
  const { code, out } = await wxa(['restore', '--accept', '--reason', 'the standby was late'], env);
  expect(code).toBe(0);
  for (const paused of rollouts.ids) expect(out).toContain(`paused: rollout ${paused}`);
  expect(out).toContain('wxa quota lift --all-changes');
  await worker?.start();
  await worker?.waitReady();
  await rollouts.expectPaused();
  expect(await wxa(['quota', 'lift', '--all-changes'], env)).toMatchObject({ code: 0 });
  await rollouts.expectPaused();
  await rollouts.expectReleasedNoFurther();
}, 180_000);
