import { beforeEach, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { scrape } from '../metrics/exposition.js';
import { commit, useWorldOn, worker, world } from '../use-world.js';
import { RestoredServer } from './restored-server.js';

/** More than the last messages of a partition that every check reads. */
const QUERIES = 30;

// The held calls outlast the restores.
const postgres = useWorldOn(() => RestoredServer.create(), { env: { WECHAT_TIMEOUT_MS: '60000' } });

const history = async () => (await world.sql('select behind, evidence from history_state'))[0];

const untilVerified = () =>
  eventually(async () => {
    const [row] = await world.sql<{ verified: boolean }>(
      `select not behind and identity like '%/' || extract(epoch from pg_postmaster_start_time()) as verified
         from history_state`,
    );
    return row?.verified === true;
  }, 30_000);

/** Lets the server be checked again. */
async function checkAgain(): Promise<void> {
  await world.sql('update history_state set behind = false, evidence = null, identity = null');
  await untilVerified();
}

/** What was accepted before proves nothing any more, as after `wxa restore --accept`. */
beforeEach(async () => {
  await world.sql('update history_state set accepted_at = now()');
  await checkAgain();
}, 60_000);

describe('a claim that Postgres forgets during its call', () => {
  const forgotten = () => logged(worker(), 'claim forgotten');

  /** Accepts a Commit whose call at WeChat is held, and does something before a worker gets its command. */
  async function heldCommit(appid: string, beforeClaim: () => Promise<void>) {
    const fault = await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'before' });
    worker().kill('SIGSTOP');
    // The gateway reads once a second whether Postgres is behind.
    const { id } = await eventually(() => commit(appid));
    // The stopped worker may have events of its own.
    const unpublished = `select type from outbox where writer like 'gateway%'`;
    await eventually(async () => expect(await world.sql(unpublished)).toEqual([]));
    await beforeClaim();
    worker().kill('SIGCONT');
    await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_RUNNING', 30_000);
    await eventually(async () => (await world.sim.fault(fault.id)).held > 0);
    return { id, answer: () => world.sim.releaseFault(fault.id) };
  }

  it("WeChat's answer is stored on top of the queued operation, once, and proves that Postgres has lost time", async () => {
    const appid = newAppid();
    const { id, answer } = await heldCommit(appid, () => postgres().snapshot());
    await postgres().restore();
    await untilVerified();
    expect(await world.get(id)).toMatchObject({ state: 'OPERATION_STATE_QUEUED', attempts: 0 });
    await answer();
    expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
    expect(await history()).toMatchObject({ behind: true, evidence: [{ kind: 'E3', operationId: id }] });
    const metrics = await scrape(world.stack.addresses.workers[0] ?? '');
    expect(metrics.get('wxa_settlements_fenced_total')).toBe(0);
    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    expect(await world.sim.calls({ appid, api: 'wxa/commit' })).toHaveLength(1);
    expect(await forgotten()).toMatchObject([{ operation: id, claim: 1, is_stored: true }]);
  }, 120_000);

  it("WeChat's answer to an operation that is missing is logged with its fields", async () => {
    const appid = newAppid();
    await postgres().snapshot();
    await checkAgain();
    const { id, answer } = await heldCommit(appid, async () => undefined);
    await postgres().restore();
    await checkAgain();
    await answer();
    await eventually(async () => (await forgotten()).length === 2);
    expect((await forgotten())[1]).toMatchObject({
      ...{ operation: id, appid, is_stored: false },
      outcome: { operation: { id, state: 'OPERATION_STATE_SUCCEEDED', method: 'Commit', attempts: 1 } },
    });
    const evidence = [{ kind: 'E3', operationId: id, stored: 'missing' }];
    expect(await history()).toMatchObject({ behind: true, evidence });
  }, 120_000);
});

describe('a change that Postgres has lost', () => {
  const isFound = (evidence: object) =>
    eventually(async () => {
      expect(await history()).toMatchObject({ behind: true, evidence: [evidence] });
    }, 30_000);

  it('A lost change is found behind more outcomes of queries than the last that are read of a partition', async () => {
    const appid = newAppid();
    await world.call('GetVisitStatus', { appid });
    const outcomes = () => world.messages('OperationCompleted', appid);
    await eventually(() => expect(outcomes()).toHaveLength(1));
    await postgres().snapshot();
    const { id } = await eventually(() => commit(appid));
    expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
    await eventually(() => outcomes().length === 2);
    // As queries publish that run on the server before it is checked.
    await worker().stop();
    await postgres().restore();
    const { value = '', headers = {} } = outcomes()[0] ?? {};
    await world.produce(TOPICS.outcomes, Array(QUERIES).fill({ key: appid, value, headers }));
    await worker().start();
    await isFound({ kind: 'E1', operationId: id });
  }, 120_000);

  it('A change that was accepted and then lost is evidence, although no outcome is missing', async () => {
    const appid = newAppid();
    worker().kill('SIGSTOP');
    await postgres().snapshot();
    const { id } = await eventually(() => commit(appid));
    await eventually(() => world.messages('CodeCommand', appid).length === 1);
    await postgres().restore();
    worker().kill('SIGCONT');
    await isFound({ kind: 'E4', operationId: id, appid, stored: 'missing' });
    const isDead = () => world.seen.some(({ topic, key }) => topic === TOPICS.deadLetters && key === appid);
    await eventually(isDead);
  }, 120_000);
});
