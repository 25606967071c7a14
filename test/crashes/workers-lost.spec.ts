/** @alone Judges the time of a recovery. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ended } from '../release/change-cases.js';
import { eventually, kill, newAppid, SUCCEEDED, useWorld, world } from '../use-world.js';
import { type DatabaseLock, lockRelays } from './database-locks.js';
import { inLanes, owners } from './partitions.js';
import { WorkerScenario } from './worker-scenario.js';
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

useWorld({ workers: NAMES.length, env: ENV });

const SUPPORT_VERSION = 'cgi-bin/wxopen/setweappsupportversion';

type Scenarios = Map<StateName, WorkerScenario>;

/** Stops one worker in each state; the relays of the workers are blocked meanwhile. */
async function stopWorkersIn(
  names: readonly StateName[],
): Promise<{ scenarios: Scenarios; outcomes: DatabaseLock }> {
  const allOwners = await owners(world);
  const all = names.map((name, i) => {
    const [owner, state]: [(typeof allOwners)[number] | undefined, WorkerState] = [
      allOwners[i],
      WORKER_STATES[name],
    ];
    if (owner === undefined) throw new Error('too few workers');
    return { name, state, scenario: new WorkerScenario(world, owner, state.cases) };
  });
  await Promise.all(all.map(({ scenario }) => scenario.prepare()));
  await Promise.all(all.map(({ scenario, state }) => state.prepare?.(scenario)));
  const [commands, outcomes] = await Promise.all([
    lockRelays(world, 'gateway'),
    lockRelays(world, 'release-worker'),
  ]);
  const stops = await Promise.all(all.map(({ scenario, state }) => state.reach(scenario)));
  await commands.release();
  await Promise.all(stops.map((stop) => stop()));
  return { scenarios: new Map(all.map(({ name, scenario }) => [name, scenario])), outcomes };
}

function expectedResults(name: StateName) {
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
async function startReconciliation() {
  const appid = newAppid();
  const [api, question] = [SUPPORT_VERSION, 'cgi-bin/wxopen/getweappsupportversion'];
  await world.sim.addFault({ api, appid, kind: 'lost' });
  const fault = await world.sim.addFault({ api: question, appid, kind: 'hang', when: 'before', times: 0 });
  const { id } = await world.run('SetSupportVersion', { appid, version: '1.1.0' });
  await world.sql('update operations set ask_at = now() where id = $1', [id]);
  await eventually(async () => (await world.sim.fault(fault.id)).held > 0);
  return { id, appid, fault: fault.id };
}

describe('killed workers', () => {
  let scenarios: Scenarios;
  let reconciling: Awaited<ReturnType<typeof startReconciliation>>;
  beforeAll(async () => {
    reconciling = await startReconciliation();
    const stopped = await stopWorkersIn(NAMES);
    scenarios = stopped.scenarios;
    const { workers } = world.stack;
    await kill(...workers);
    await stopped.outcomes.terminateWaiters();
    await stopped.outcomes.release();
    // Shortens the lease of the reconciliation, which covers its longest read.
    await world.sql(`update operations set ask_at = now() where id = $1`, [reconciling.id]);
    await world.sim.clearFaults(reconciling.fault);
    await Promise.all(workers.map((worker) => worker.start()));
  });

  it.each(NAMES)('A change whose worker is killed %s is executed once and published once', async (name) => {
    expect(await scenarios.get(name)?.finalResults()).toEqual(expectedResults(name));
  });

  it('A change in doubt whose worker is killed during its reconciliation is reconciled by another worker without a second call', async () => {
    expect(await ended(world, reconciling.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await world.sim.calls({ appid: reconciling.appid, api: SUPPORT_VERSION })).toHaveLength(1);
  });
});

describe('stopped workers', () => {
  let scenarios: Scenarios;
  beforeAll(async () => {
    const stopped = await stopWorkersIn(STOPPED);
    scenarios = stopped.scenarios;
    await stopped.outcomes.release();
    // Other workers take over.
    await Promise.all([...scenarios.values()].map((scenario) => scenario.untilAll('SUCCEEDED')));
    for (const scenario of scenarios.values()) {
      await scenario.answer();
      scenario.owner.worker.kill('SIGCONT');
    }
    for (const owner of await owners(world)) await eventually(async () => (await inLanes(owner)) === 0);
  });

  it.each(STOPPED)(
    'A worker stopped %s for longer than its claims are valid writes and sends nothing when it resumes',
    async (name) => {
      expect(await scenarios.get(name)?.finalResults()).toEqual(expectedResults(name));
    },
  );
});
