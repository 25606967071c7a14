import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { World } from '../world.js';
import { RestoredServer } from './restored-server.js';

let postgres: RestoredServer;
let world: World;
beforeAll(async () => {
  postgres = await RestoredServer.create();
  // The call outlasts the restore.
  world = await World.start({ postgresUrl: postgres.url, env: { WECHAT_TIMEOUT_MS: '60000' } });
}, 90_000);
afterAll(async () => {
  await world?.stop();
  await postgres?.stop();
}, 60_000);

const worker = () => world.stack.workers[0];
const commits = (appid: string) => world.sim.calls({ appid, api: 'wxa/commit' });

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${world.stack.addresses.workers[0]}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

const untilVerified = () =>
  eventually(async () => {
    const [row] = await world.sql<{ verified: boolean }>(
      `select not behind and verified_at is not null and identity like '%/' || extract(epoch from pg_postmaster_start_time())
         as verified from history_state`,
    );
    return row?.verified === true;
  }, 30_000);

const evidence = async () => {
  const [row] = await world.sql<{ behind: boolean; evidence: object[] | null }>(
    'select behind, evidence from history_state',
  );
  return row;
};

/** Accepts a Commit whose call at WeChat is held, and does something before a worker gets its command. */
async function heldCommit(appid: string, beforeClaim: () => Promise<void>) {
  const fault = await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'before' });
  worker()?.kill('SIGSTOP');
  // The gateway reads once a second whether Postgres is behind.
  const { id } = await eventually(() =>
    world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' }),
  );
  // The stopped worker may have events of its own.
  await eventually(async () => {
    expect(await world.sql(`select type from outbox where writer = 'gateway'`)).toEqual([]);
  });
  await beforeClaim();
  worker()?.kill('SIGCONT');
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_RUNNING', 30_000);
  await eventually(async () => (await world.sim.fault(fault.id)).held > 0);
  return { id, answer: () => world.sim.releaseFault(fault.id) };
}

/** The log lines of forgotten claims. */
async function forgotten(): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(worker()?.logFile ?? '', 'utf8')).split('\n');
  return lines
    .filter((line) => line.includes('claim forgotten'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a claim that Postgres forgets during its call', () => {
  it("WeChat's answer is stored on top of the queued operation, once, and proves that Postgres has lost time", async () => {
    const appid = newAppid();
    await untilVerified();
    const { id, answer } = await heldCommit(appid, () => postgres.snapshot());
    await postgres.restore();
    await untilVerified();
    expect(await world.get(id)).toMatchObject({ state: 'OPERATION_STATE_QUEUED', attempts: 0 });
    await answer();
    expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
    expect(await evidence()).toMatchObject({ behind: true, evidence: [{ kind: 'E3', operationId: id }] });
    expect(await metric('wxa_settlements_fenced_total')).toBe(0);
    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    expect(await commits(appid)).toHaveLength(1);
    expect(await forgotten()).toMatchObject([{ operation: id, claim: 1, is_stored: true }]);
  }, 120_000);

  it("WeChat's answer to an operation that is missing is logged with its fields", async () => {
    const appid = newAppid();
    await postgres.snapshot();
    await world.sql('update history_state set behind = false, evidence = null, identity = null');
    await untilVerified();
    const { id, answer } = await heldCommit(appid, async () => undefined);
    await postgres.restore();
    await world.sql('update history_state set behind = false, evidence = null, identity = null');
    await untilVerified();
    await answer();
    await eventually(async () => (await forgotten()).length === 2);
    expect((await forgotten())[1]).toMatchObject({
      ...{ operation: id, appid, is_stored: false },
      outcome: { operation: { id, state: 'OPERATION_STATE_SUCCEEDED', method: 'Commit', attempts: 1 } },
    });
    expect(await evidence()).toMatchObject({
      behind: true,
      evidence: [{ kind: 'E3', operationId: id, stored: 'missing' }],
    });
  }, 120_000);
});
