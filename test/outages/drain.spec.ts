import { expect, it } from '@jest/globals';
import { withAdmin } from '@wxa/kafka';
import pg from 'pg';
import { BLOCKED } from '../blocked.js';
import { byLength } from '../length.js';
import { commit, eventually, logged, newAppid, useWorld, worker, world } from '../use-world.js';

/** A Commit may take three times the time-out: longer than the worker waits for it. */
const TIMES = byLength({
  short: { timeoutMs: 6_000, graceMs: 10_000, callMs: 2_000 },
  long: { timeoutMs: 25_000, graceMs: 40_000, callMs: 20_000 },
});

useWorld({
  env: {
    WECHAT_TIMEOUT_MS: String(TIMES.timeoutMs),
    SHUTDOWN_GRACE_MS: String(TIMES.graceMs),
    OPERATION_LEASE_MARGIN_MS: '500',
  },
});

/** Starts a Commit and restarts the worker while it runs. Returns its operation and the exit code. */
async function restartDuringCommit(appid: string) {
  const operation = await commit(appid);
  await eventually(async () => (await world.sim.calls({ appid })).length === 1);
  worker().kill('SIGTERM');
  const { code } = await worker().exited;
  await worker().start();
  return { operation, code };
}

it('A worker that is restarted during a slow call stores its result, leaves no doubt and exits with 0', async () => {
  const appid = newAppid();
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'latency', ms: TIMES.callMs });
  const { operation, code } = await restartDuringCommit(appid);
  expect(code).toBe(0);
  expect(await world.wait(operation.id)).toMatchObject({
    state: 'OPERATION_STATE_SUCCEEDED',
    attempts: 1,
  });
  await eventually(() => world.messages('OperationCompleted', appid).length > 0);
  expect(world.messages('OperationInDoubt', appid)).toEqual([]);
});

it('A call that outlasts the shutdown is cut, leaves one doubt, and the worker exits with 1', async () => {
  const appid = newAppid();
  const { id } = await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'after' });
  const { code } = await restartDuringCommit(appid);
  expect(code).toBe(1);
  const inDoubt = () => world.messages('OperationInDoubt', appid);
  await eventually(() => inDoubt().length > 0, 60_000 + 3 * TIMES.timeoutMs);
  await world.sim.releaseFault(id);
  expect(inDoubt()).toHaveLength(1);
});

it('A worker whose housekeeping hangs leaves its group when it is stopped, and exits with 0', async () => {
  await worker().waitReady();
  const lock = new pg.Client({ connectionString: world.stack.addresses.postgres });
  await lock.connect();
  try {
    await lock.query("begin; select from leases where name in ('backlog', 'retention') for update");
    const waiting = `${BLOCKED} and query like '%into leases%'`;
    await eventually(async () => (await world.sql(waiting)).length > 0);
    worker().kill('SIGTERM');
    expect(await worker().exited).toEqual({ code: 0, signal: null });
  } finally {
    await lock.end();
  }
  const group = `${world.prefix}wxa-release-worker`;
  expect(await withAdmin(world, (admin) => admin.describeGroups([group]))).toMatchObject({
    groups: [{ members: [] }],
  });
});

it('A worker warns at its start if its shutdown may be shorter than a slow call', async () => {
  const warnings = await logged(worker(), 'grace too short');
  expect(warnings.length > 0).toBe(TIMES.graceMs < 3 * TIMES.timeoutMs + 5000);
  expect(warnings[0]).toMatchObject({ level: 'warn', needed_ms: 3 * TIMES.timeoutMs + 5000 });
});
