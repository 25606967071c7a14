import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ended } from '../release/change-cases.js';
import { anAppid, eventually, World } from '../world.js';
import { type Hold, holdRelays } from './hold.js';
import { inLanes, owners } from './partitions.js';
import { Scene } from './scene.js';
import { WORKER_STATES, type WorkerState } from './worker-states.js';

type StateName = keyof typeof WORKER_STATES;
const NAMES = Object.keys(WORKER_STATES) as StateName[];
/** For a stopped worker, a call held before WeChat acted is a call that never arrives. */
const STOPPED = NAMES.filter((name) => name !== 'after the request, before WeChat acted');

// A claim is valid for 4 s (10 s for a Commit), at most as long as Kafka waits for a lost worker.
const ENV = {
  WECHAT_TIMEOUT_MS: '3000',
  OPERATION_LEASE_MARGIN_MS: '1000',
  KAFKA_TOPIC_PARTITIONS: String(NAMES.length),
};

let world: World;
beforeAll(async () => {
  world = await World.start({ workers: NAMES.length, env: ENV });
}, 90_000);
afterAll(() => world?.stop(), 60_000);

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const SUPPORT_VERSION = 'cgi-bin/wxopen/setweappsupportversion';

type Scenes = Map<StateName, Scene>;

/** Stops one worker in each state; the relays of the workers are blocked meanwhile. */
async function stopWorkersIn(names: readonly StateName[]): Promise<{ scenes: Scenes; outcomes: Hold }> {
  const dealt = await owners(world);
  const all = names.map((name, i) => {
    const [owner, state]: [(typeof dealt)[number] | undefined, WorkerState] = [dealt[i], WORKER_STATES[name]];
    if (owner === undefined) throw new Error('too few workers');
    return { name, state, scene: new Scene(world, owner, state.cases) };
  });
  await Promise.all(all.map(({ scene }) => scene.makeReady()));
  await Promise.all(all.map(({ scene, state }) => state.prepare?.(scene)));
  const [commands, outcomes] = await Promise.all([
    holdRelays(world, 'gateway'),
    holdRelays(world, 'release-worker'),
  ]);
  const rests = await Promise.all(all.map(({ scene, state }) => state.reach(scene)));
  await commands.letGo();
  await Promise.all(rests.map((rest) => rest()));
  return { scenes: new Map(all.map(({ name, scene }) => [name, scene])), outcomes };
}

function asPromised(name: StateName) {
  const { cases, attempts, calls }: WorkerState = WORKER_STATES[name];
  return cases.map((one) => ({
    method: one.method,
    state: SUCCEEDED,
    attempts: attempts(one),
    calls: calls(one),
    effects: 1,
    outcomes: 1,
    next: SUCCEEDED,
  }));
}

/** A change in doubt, while a worker waits for WeChat's answer to the reconciliation read. */
async function askedAbout() {
  const appid = anAppid();
  const [api, question] = [SUPPORT_VERSION, 'cgi-bin/wxopen/getweappsupportversion'];
  await world.sim.addFault({ api, appid, kind: 'lost' });
  const fault = await world.sim.addFault({ api: question, appid, kind: 'hang', when: 'before', times: 0 });
  const { id } = await world.run('SetSupportVersion', { appid, version: '1.1.0' });
  await world.sql('update operations set ask_at = now() where id = $1', [id]);
  await eventually(async () => (await world.sim.fault(fault.id)).held > 0);
  return { id, appid, fault: fault.id };
}

describe('killed workers', () => {
  let scenes: Scenes;
  let asked: Awaited<ReturnType<typeof askedAbout>>;
  beforeAll(async () => {
    asked = await askedAbout();
    const stopped = await stopWorkersIn(NAMES);
    scenes = stopped.scenes;
    const { workers } = world.stack;
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(workers.map((worker) => worker.exited));
    await stopped.outcomes.cutOff();
    await stopped.outcomes.letGo();
    // Shortens the lease of the reconciliation, which covers its longest read.
    await world.sql(`update operations set ask_at = now() where id = $1`, [asked.id]);
    await world.sim.clearFaults(asked.fault);
    await Promise.all(workers.map((worker) => worker.start()));
  }, 120_000);

  it.each(NAMES)(
    'A change whose worker is killed %s is executed once and published once',
    async (name) => {
      expect(await scenes.get(name)?.whatBecame()).toEqual(asPromised(name));
    },
    60_000,
  );

  it('A change in doubt whose worker is killed during its reconciliation is reconciled by another worker without a second call', async () => {
    expect(await ended(world, asked.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await world.sim.calls({ appid: asked.appid, api: SUPPORT_VERSION })).toHaveLength(1);
  }, 30_000);
});

describe('stopped workers', () => {
  let scenes: Scenes;
  beforeAll(async () => {
    const stopped = await stopWorkersIn(STOPPED);
    scenes = stopped.scenes;
    await stopped.outcomes.letGo();
    // Other workers take over.
    await Promise.all([...scenes.values()].map((scene) => scene.untilAll('SUCCEEDED', 60_000)));
    for (const scene of scenes.values()) {
      await scene.answer();
      scene.owner.worker.kill('SIGCONT');
    }
    for (const owner of await owners(world)) await eventually(async () => (await inLanes(owner)) === 0);
  }, 120_000);

  it.each(STOPPED)(
    'A worker stopped %s for longer than its claims are valid writes and sends nothing when it resumes',
    async (name) => {
      expect(await scenes.get(name)?.whatBecame()).toEqual(asPromised(name));
    },
    60_000,
  );
});
