import { afterEach, expect, it } from '@jest/globals';
import { World, type WorldOptions } from '../world.js';
import { commits } from './backlog-commits.js';

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
}, 60_000);

async function start(options: WorldOptions): Promise<World> {
  world = await World.start(options);
  return world;
}

it('A retry in a backlog longer than its deadline succeeds before most later operations, and none fails', async () => {
  const made = await start({ env: { WECHAT_RATE_PER_API: '5', OPERATION_DEADLINE_MS: '3000' } });
  const first = await commits(made, 40);
  const slow = first.at(-1);
  const busy = { api: 'wxa/commit', kind: 'busy', when: 'before', times: 1 } as const;
  await made.sim.addFault({ ...busy, appid: slow?.appid ?? '' });
  const later = await commits(made, 60);
  const done = await made.wait(slow?.id ?? '', 40);
  expect(done).toMatchObject({ state: SUCCEEDED, attempts: 2 });
  const states = await made.sql<{ state: string }>('select state from operations where id = any($1)', [
    later.map(({ id }) => id),
  ]);
  expect(states.filter(({ state }) => state === 'SUCCEEDED').length).toBeLessThan(30);
  expect(states.filter(({ state }) => state === 'FAILED')).toEqual([]);
}, 60_000);
