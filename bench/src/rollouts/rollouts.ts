import { setTimeout as delay } from 'node:timers/promises';
import { type ListRolloutTargetsResponse, type Rollout, RolloutCheck, RolloutState } from '@wxa/contracts';
import { memoryMiB, usageBetween } from '../load/meter.js';
import { quantiles, round } from '../load/numbers.js';
import type { Sql } from '../load/sql.js';
import type { RolloutsPart } from '../results.js';
import type { Run } from '../run.js';
import { newAppids } from './new-appids.js';
import type { RolloutCalls } from './rollout-calls.js';
import { operationsOf, startRolloutStack } from './rollout-stack.js';
import { boundsBetween, readTurnTimes } from './turn-times.js';

/** The most mini-programs that a rollout may have. */
const LARGE = 100_000;
const PIPELINE = 2_000;
const PACED = 100;
const READS = 100;

/** What rollouts add to operations: a rollout of 100,000 targets that is cancelled, and whole ones. */
export function rollouts(run: Run): Promise<RolloutsPart> {
  return run.measurePart(async () => {
    const { stack, sql, calls, meter, sim } = await startRolloutStack(run, 'rollouts');
    const gatewayMiB = () => memoryMiB(stack.gateways[0]?.pid ?? 0, 'VmHWM');
    // The warm-up.
    await whole(calls, PACED, 'warm-up');
    const before = await gatewayMiB();
    const [worker = ''] = stack.addresses.workers;
    const large = await ofLarge(run, calls, { sql, worker });
    const gatewayGrowthMiB = round((await gatewayMiB()) - before, 0);
    run.log(`(rollouts) a rollout of ${PIPELINE} targets from COMMIT to VERIFY …`);
    await sim.clearLedger();
    const start = await meter.read(0);
    const { id } = await whole(calls, PIPELINE, 'whole');
    const operations = await operationsOf(sql, id);
    const usage = usageBetween(start, await meter.read(operations));
    run.log(`(rollouts) ${PACED} targets with three checks, 10 in flight …`);
    const paced = await ofPaced(calls, sql);
    return {
      large: { targets: LARGE, gatewayGrowthMiB, ...large },
      whole: { targets: PIPELINE, operations, perSecond: round(operations / usage.seconds, 0), usage },
      paced: { targets: PACED, ...paced },
    };
  });
}

/** A whole rollout of new mini-programs. */
async function whole(calls: RolloutCalls, targets: number, name: string): Promise<Rollout> {
  const { response } = await calls.create(newAppids(targets), name, { maxInFlight: 1_000 });
  await calls.command('startRollout', response.id);
  return calls.completed(response.id);
}

async function ofLarge(run: Run, calls: RolloutCalls, { sql, worker }: { sql: Sql; worker: string }) {
  run.log(`(rollouts) creating a rollout of ${LARGE} targets …`);
  const created = await calls.create(newAppids(LARGE), 'large', { maxInFlight: 1 });
  const { id } = created.response;
  const started = await calls.command('startRollout', id);
  const startedAt = Date.now();
  const firstOperationMs = (await firstOperationAt(sql, id)) - startedAt;
  const getMs = await each(() => calls.timed('getRollout', { id }));
  const firstPageMs = await each(() => calls.timed('listRolloutTargets', pageOf(id)));
  const lastToken = await lastPageToken(calls, id);
  const lastPageMs = await each(() => calls.timed('listRolloutTargets', pageOf(id, lastToken)));
  const turnsBefore = await readTurnTimes(worker);
  const cancelled = await calls.command('cancelRollout', id);
  const since = Date.now();
  await calls.until(id, RolloutState.ROLLOUT_STATE_CANCELLED);
  const cancelledMs = Date.now() - since;
  const turnMs = boundsBetween(turnsBefore, await readTurnTimes(worker));
  await sql(
    `update rollout_targets set state = 'FAILED', reason = 'WECHAT', errcode = 85000 + position % 50, error_title = 'title',
      error = '{"reason": "WECHAT"}' where rollout_id = $1`,
    [id],
  );
  const failuresMs = await each(() => calls.timed('listRolloutFailures', { id }), 10);
  return {
    createMs: round(created.ms, 0),
    startMs: round(started.ms, 0),
    firstOperationMs,
    getMs,
    firstPageMs,
    lastPageMs,
    cancelMs: round(cancelled.ms, 0),
    cancelledMs,
    turnMs,
    failuresMs,
  };
}

const pageOf = (id: string, pageToken = '') => ({
  id,
  filter: undefined,
  withRequests: false,
  pageSize: 50,
  pageToken,
});

/** The token of the last page. */
async function lastPageToken(calls: RolloutCalls, id: string): Promise<string> {
  let last = '';
  for (let token = ''; ; ) {
    const request = { ...pageOf(id, token), pageSize: 500 };
    const page = await calls.call<ListRolloutTargetsResponse>('listRolloutTargets', request);
    if (page.nextPageToken === '') return last;
    last = page.nextPageToken;
    token = last;
  }
}

async function each(timed: () => Promise<{ ms: number }>, count = READS) {
  const took: number[] = [];
  for (let i = 0; i < count; i += 1) took.push((await timed()).ms);
  return quantiles(took);
}

async function firstOperationAt(sql: Sql, id: string): Promise<number> {
  for (;;) {
    const [row] = await sql<{ at: Date | null }>(
      'select min(created_at) as at from operations where rollout_id = $1',
      [id],
    );
    if (row?.at) return row.at.getTime();
    await delay(5);
  }
}

/** Three queries follow each other without a wait, so that the time between them is that of the conductor. */
async function ofPaced(calls: RolloutCalls, sql: Sql) {
  const checks = [
    RolloutCheck.ROLLOUT_CHECK_BASELINE,
    RolloutCheck.ROLLOUT_CHECK_PAGES,
    RolloutCheck.ROLLOUT_CHECK_CATEGORIES,
  ];
  const { response } = await calls.create(newAppids(PACED), 'paced', { checks, maxInFlight: 10 });
  await calls.command('startRollout', response.id);
  const [watched] = await Promise.all([calls.watch(response.id), calls.completed(response.id)]);
  const gaps = await sql<{ ms: number }>(
    `select extract(epoch from created_at - before) * 1000 as ms from (
       select is_change, created_at, lag(ended_at) over line as before, lag(is_change) over line as was_change
       from operations where rollout_id = $1 window line as (partition by appid order by seq)) o
     where not is_change and not was_change`,
    [response.id],
  );
  return { gapMs: quantiles(gaps.map(({ ms }) => Number(ms))), watchMs: quantiles(watched) };
}
