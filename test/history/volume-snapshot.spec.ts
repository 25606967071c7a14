import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { World } from '../world.js';
import { RestoredServer } from './restored-server.js';

let postgres: RestoredServer;
let world: World;
beforeAll(async () => {
  postgres = await RestoredServer.create();
  world = await World.start({ postgresUrl: postgres.url, workers: 2 });
}, 90_000);
afterAll(async () => {
  await world?.stop();
  await postgres?.stop();
}, 60_000);

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const commit = (appid: string, requestId = randomUUID()) =>
  world.change('Commit', { appid, requestId, templateId: 1n, userVersion: '1.0' });

async function committed(appid: string): Promise<string> {
  const { id } = await commit(appid);
  expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  return id;
}

const REFUSED = { code: 'UNAVAILABLE', reason: 'HISTORY_BEHIND', infos: 1, retryAfterMs: 60_000 };

const published = (id: string) =>
  eventually(() => world.messages('OperationCompleted').some((message) => message.id === `${id}.completed`));

interface Readyz {
  ready: boolean;
  parts: Record<string, { ready: boolean; detail?: string }>;
}

const readyz = () =>
  Promise.all(
    world.stack.workers.map(async (_, i) => {
      const response = await fetch(`${world.stack.addresses.workers[i]}/readyz`);
      return { status: response.status, ...((await response.json()) as Readyz) };
    }),
  );

const behind = async () =>
  Promise.all(
    world.stack.workers.map(async (_, i) => {
      const text = await (await fetch(`${world.stack.addresses.workers[i]}/metrics`)).text();
      return Number(/^wxa_history_behind (\d)$/m.exec(text)?.[1]);
    }),
  );

const history = async () =>
  (
    await world.sql<{ identity: string; behind: boolean; evidence: { kind: string; operationId: string }[] }>(
      'select identity, behind, evidence from history_state',
    )
  )[0];

describe('a volume that is put back to a snapshot', () => {
  it('Workers detect it although the timeline is unchanged, and claim no change until history_state is verified', async () => {
    const [queued, after, later] = [newAppid(), newAppid(), newAppid()];
    await eventually(async () => (await readyz()).every(({ ready }) => ready));
    const verified = (await history())?.identity;
    for (const worker of world.stack.workers) worker.kill('SIGSTOP');
    const requestId = randomUUID();
    const { id: executed } = await commit(queued, requestId);
    await eventually(async () => (await world.sql('select from outbox')).length === 0);
    await postgres.snapshot();
    for (const worker of world.stack.workers) worker.kill('SIGCONT');
    expect(await world.wait(executed)).toMatchObject({ state: SUCCEEDED });
    await published(executed);
    const lost = await committed(after);
    await published(lost);
    const again = world.seen
      .filter(({ topic, key }) => topic === TOPICS.commands && key === queued)
      .map(({ key, value, headers }) => ({ key, value, headers }));
    await postgres.restore();

    await eventually(async () => (await history())?.behind === true, 30_000);
    expect(await history()).toMatchObject({
      evidence: expect.arrayContaining([expect.objectContaining({ kind: 'E1', operationId: lost })]),
    });
    const identity = (await history())?.identity ?? '';
    expect(identity).not.toBe(verified);
    expect(identity.split('/')[0]).toBe(verified?.split('/')[0]);
    await eventually(async () => (await behind()).every((value) => value === 1));
    for (const { status, parts } of await readyz()) {
      expect(status).toBe(503);
      expect(parts.history).toEqual({ ready: false, detail: 'Postgres has lost time: run `wxa restore`' });
    }
    const logs = await Promise.all(world.stack.workers.map(({ logFile }) => readFile(logFile, 'utf8')));
    for (const log of logs) {
      const fatal = log.split('\n').filter((line) => line.includes('"level":"fatal"'));
      expect(fatal.map((line) => JSON.parse(line))).toMatchObject([
        { msg: expect.stringContaining('history behind'), evidence: [{ kind: 'E1' }, { kind: 'E1' }] },
      ]);
    }

    await eventually(async () => expect(await refusalOf(commit(later))).toMatchObject(REFUSED));
    expect(await commit(queued, requestId)).toMatchObject({ id: executed });
    expect(
      await refusalOf(call(world.operations, world.operations.cancelOperation, { id: executed, reason: '' })),
    ).toMatchObject(REFUSED);

    // Kafka delivers the command of the executed change again; a query of its mini-program passes it.
    await world.produce(TOPICS.commands, again);
    expect(await world.call('GetVisitStatus', { appid: queued })).toBeDefined();
    expect(await world.get(executed)).toMatchObject({ state: 'OPERATION_STATE_QUEUED' });
    expect(await world.sim.calls({ appid: queued, api: 'wxa/commit' })).toHaveLength(1);

    // As `wxa restore` ends.
    await world.sql('update history_state set behind = false, evidence = null, verified_at = now()');
    await eventually(async () => (await readyz()).every(({ ready }) => ready));
    expect(await behind()).toEqual([0, 0]);
    await eventually(() => committed(later));
  }, 120_000);
});
