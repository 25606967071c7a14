import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { World } from '../world.js';
import { RestoredServer } from './restored-server.js';

/** More than the last messages of a partition that every check reads. */
const QUERIES = 30;

let postgres: RestoredServer;
let world: World;
beforeAll(async () => {
  postgres = await RestoredServer.create();
  world = await World.start({ postgresUrl: postgres.url });
}, 90_000);
afterAll(async () => {
  await world?.stop();
  await postgres?.stop();
}, 60_000);

const worker = () => world.stack.workers[0] as World['stack']['workers'][0];
const commit = (appid: string) => world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });

/** As `wxa restore --accept` ends, except that the server is checked again. */
beforeEach(async () => {
  await world.sql(
    'update history_state set behind = false, evidence = null, identity = null, accepted_at = now()',
  );
  await eventually(async () => {
    const [row] = await world.sql<{ verified: boolean }>(
      `select not behind and identity like '%/' || extract(epoch from pg_postmaster_start_time()) as verified
         from history_state`,
    );
    return row?.verified === true;
  }, 30_000);
}, 60_000);

/** What is found to prove that Postgres is behind. */
const evidence = () =>
  eventually(async () => {
    const [row] = await world.sql<{ behind: boolean; evidence: { kind: string; operationId: string }[] }>(
      'select behind, evidence from history_state',
    );
    expect(row?.behind).toBe(true);
    return row?.evidence;
  }, 30_000);

it('A lost change is found behind more outcomes of queries than the last that are read of a partition', async () => {
  const appid = newAppid();
  await world.call('GetVisitStatus', { appid });
  const [query] = await eventually(() => {
    const outcomes = world.messages('OperationCompleted', appid);
    expect(outcomes).toHaveLength(1);
    return outcomes;
  });
  await postgres.snapshot();
  const { id } = await eventually(() => commit(appid));
  expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  await eventually(() => world.messages('OperationCompleted', appid).length === 2);
  // As queries publish that run on the server before it is checked.
  await worker().stop();
  await postgres.restore();
  const { value = '', headers = {} } = query ?? {};
  await world.produce(TOPICS.outcomes, Array(QUERIES).fill({ key: appid, value, headers }));
  await worker().start();
  expect(await evidence()).toMatchObject([{ kind: 'E1', operationId: id }]);
}, 120_000);

it('A change that was accepted and then lost is evidence, although no outcome is missing', async () => {
  const appid = newAppid();
  worker().kill('SIGSTOP');
  await postgres.snapshot();
  const { id } = await eventually(() => commit(appid));
  await eventually(() => world.messages('CodeCommand', appid).length === 1);
  await postgres.restore();
  worker().kill('SIGCONT');
  expect(await evidence()).toMatchObject([{ kind: 'E4', operationId: id, appid, stored: 'missing' }]);
  await eventually(() => world.seen.some(({ topic, key }) => topic === TOPICS.deadLetters && key === appid));
}, 120_000);
