import { beforeEach, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { commit, eventually, newAppid, useWorldOn, worker, world } from '../use-world.js';
import { RestoredServer } from './restored-server.js';

/** More than the last messages of a partition that every check reads. */
const QUERIES = 30;

const postgres = useWorldOn(() => RestoredServer.create());

const history = async () => (await world.sql('select behind, evidence from history_state'))[0];

const untilVerified = () =>
  eventually(async () => {
    const [row] = await world.sql<{ verified: boolean }>(
      `select not behind and identity like '%/' || extract(epoch from pg_postmaster_start_time()) || '/%' as verified
         from history_state`,
    );
    return row?.verified === true;
  });

/** Lets the server be checked again. */
async function checkAgain(): Promise<void> {
  await world.sql('update history_state set behind = false, evidence = null, identity = null');
  await untilVerified();
}

/** What was accepted before proves nothing any more, as after `wxa restore --accept`. */
beforeEach(async () => {
  await world.sql('update history_state set accepted_at = now()');
  await checkAgain();
});

describe('a change that Postgres has lost', () => {
  const isFound = (evidence: object) =>
    eventually(async () => {
      expect(await history()).toMatchObject({ behind: true, evidence: [evidence] });
    });

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
  });

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
  });
});
