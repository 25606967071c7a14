import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { readMetric } from '../metrics/exposition.js';
import {
  commit,
  eventually,
  logged,
  newAppid,
  readyz,
  SUCCEEDED,
  unary,
  useWorldOn,
  world,
} from '../use-world.js';
import { RestoredServer } from './restored-server.js';

const postgres = useWorldOn(() => RestoredServer.create(), { workers: 2 });

async function committed(appid: string): Promise<string> {
  const { id } = await commit(appid);
  expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  return id;
}

const REFUSED = { code: 'UNAVAILABLE', reason: 'HISTORY_BEHIND', infos: 1, retryAfterMs: 60_000 };

const published = (id: string) =>
  eventually(() => world.messages('OperationCompleted').some((message) => message.id === `${id}.completed`));

const readiness = () => Promise.all(world.stack.addresses.workers.map(readyz));
const untilReady = () =>
  eventually(async () => expect((await readiness()).filter(({ ready }) => !ready)).toEqual([]));

const behind = () =>
  Promise.all(world.stack.addresses.workers.map((url) => readMetric(url, 'wxa_history_behind')));

interface History {
  identity: string;
  behind: boolean;
  evidence: { kind: string; operationId: string }[];
}
const history = async () =>
  (await world.sql<History>('select identity, behind, evidence from history_state'))[0];

it('Workers detect it although the timeline is unchanged, and claim no change until history_state is verified', async () => {
  const [queued, after, later] = [newAppid(), newAppid(), newAppid()];
  await untilReady();
  const verified = (await history())?.identity;
  for (const worker of world.stack.workers) worker.kill('SIGSTOP');
  const requestId = randomUUID();
  const { id: executed } = await commit(queued, { requestId });
  await eventually(async () => (await world.sql('select from outbox')).length === 0);
  await postgres().snapshot();
  for (const worker of world.stack.workers) worker.kill('SIGCONT');
  expect(await world.wait(executed)).toMatchObject({ state: SUCCEEDED });
  await published(executed);
  const lost = await committed(after);
  await published(lost);
  const again = world.seen
    .filter(({ topic, key }) => topic === TOPICS.commands && key === queued)
    .map(({ key, value, headers }) => ({ key, value, headers }));
  await postgres().restore();

  await eventually(async () => (await history())?.behind === true);
  expect((await history())?.evidence).toContainEqual(
    expect.objectContaining({ kind: 'E1', operationId: lost }),
  );
  const identity = (await history())?.identity ?? '';
  expect(identity).not.toBe(verified);
  expect(identity.split('/')[0]).toBe(verified?.split('/')[0]);
  await eventually(async () => (await behind()).every((value) => value === 1));
  const detail = 'Postgres has lost time: run `wxa restore`';
  const unverified = { status: 503, ready: false, parts: { history: { ready: false, detail } } };
  for (const state of await readiness()) expect(state).toMatchObject(unverified);
  for (const worker of world.stack.workers) {
    const fatal = (await logged(worker, '')).filter(({ level }) => level === 'fatal');
    const msg = expect.stringContaining('history behind');
    expect(fatal).toMatchObject([{ msg, evidence: [{ kind: 'E1' }, { kind: 'E1' }] }]);
  }

  await eventually(async () => expect(await refusalOf(commit(later))).toMatchObject(REFUSED));
  expect(await commit(queued, { requestId })).toMatchObject({ id: executed });
  const cancelled = unary(world.operations, 'cancelOperation', { id: executed, reason: '' });
  expect(await refusalOf(cancelled)).toMatchObject(REFUSED);

  // Kafka delivers the command of the executed change again; a query of its mini-program passes it.
  await world.produce(TOPICS.commands, again);
  expect(await world.call('GetVisitStatus', { appid: queued })).toBeDefined();
  expect(await world.get(executed)).toMatchObject({ state: 'OPERATION_STATE_QUEUED' });
  expect(await world.sim.calls({ appid: queued, api: 'wxa/commit' })).toHaveLength(1);

  // As `wxa restore` ends.
  await world.sql('update history_state set behind = false, evidence = null, verified_at = now()');
  await untilReady();
  expect(await behind()).toEqual([0, 0]);
  await eventually(() => committed(later));
});
