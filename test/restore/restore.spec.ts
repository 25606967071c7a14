import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Operation, TOPICS } from '@wxa/contracts';
import { operationId } from '@wxa/operations';
import pg from 'pg';
import { png, sendMedia } from '../gateway/uploads.js';
import { release } from '../release/change-cases.js';
import {
  eventually,
  kill,
  newAppid,
  SUCCEEDED,
  startAgain,
  useWorld,
  world,
  wxaEnv,
  wxaHere,
} from '../use-world.js';
import { BLOCKS, killAt } from './kill-at.js';
import { contents, putBack, takeCopy } from './lost-time.js';
import { readTopics, valuesById } from './read-topics.js';

/** Mini-programs by what happened to them while Postgres forgot it. */
const APPIDS = {
  released: newAppid(),
  reverted: newAppid(),
  inFlight: newAppid(),
  doubtful: newAppid(),
  repeated: newAppid(),
  repeatedInFlight: newAppid(),
  reused: newAppid(),
  upload: newAppid(),
  quiet: newAppid(),
};

let since: string;
const known: Record<string, Operation> = {};

// No call that hangs may time out before its worker is killed.
useWorld({ env: { WECHAT_TIMEOUT_MS: '60000', OPERATION_LEASE_MARGIN_MS: '500' }, follow: false });
beforeAll(async () => {
  await before();
  since = new Date().toISOString();
  const copy = await takeCopy(world);
  await forgotten();
  await kill(...world.apps);
  await putBack(world, copy);
  await world.sim.clearFaults();
  await startAgain(world.stack.gateway);
});

const restore = (...args: string[]) => wxaHere(['restore', ...args]);

const commit = (appid: string, userVersion: string, requestId = '') =>
  world.change('Commit', { appid, templateId: 1n, userVersion, requestId });

/** A call that WeChat does not answer, with or without executing it. Returns when WeChat has it. */
async function hang(appid: string, api: string, when: 'before' | 'after'): Promise<() => Promise<unknown>> {
  const { id } = await world.sim.addFault({ api, appid, kind: 'hang', when });
  return () => eventually(async () => (await world.sim.fault(id)).held === 1);
}

/** What Postgres keeps. RevertRelease is accepted while no worker runs. */
async function before(): Promise<void> {
  for (const version of ['1.0', '2.0', '3.0']) await release(world, APPIDS.reverted, version);
  await release(world, APPIDS.released, '1.0');
  await world.run('Commit', { appid: APPIDS.quiet, templateId: 1n, userVersion: '1.0' });
  await Promise.all(world.stack.workers.map((worker) => worker.stop()));
  known.revert = await world.change('RevertRelease', { appid: APPIDS.reverted });
}

/** What Postgres forgets. */
async function forgotten(): Promise<void> {
  await world.wait(known.revert?.id ?? '');
  known.release = await release(world, APPIDS.released, '2.0');
  known.doubt = await doubtful();
  known.repeated = await world.wait((await commit(APPIDS.repeated, '1.0', 'r-1')).id);
  known.reused = await world.wait((await commit(APPIDS.reused, '1.0', 'r-1')).id);
  const held = [
    await hang(APPIDS.inFlight, 'wxa/commit', 'after'),
    await hang(APPIDS.repeatedInFlight, 'wxa/commit', 'after'),
    await hang(APPIDS.upload, 'wxa/uploadmedia', 'before'),
  ];
  known.inFlight = await commit(APPIDS.inFlight, '1.0');
  known.behind = await commit(APPIDS.inFlight, '1.1');
  known.repeatedInFlight = await commit(APPIDS.repeatedInFlight, '1.0', 'r-1');
  const upload = { appid: APPIDS.upload, contentType: 'image/png', fileName: 'a.png' };
  sendMedia(world.code, upload, png(100)).answer.catch(() => undefined);
  await Promise.all(held.map((isHeld) => isHeld()));
  await eventually(async () => (await world.sql('select from outbox limit 1')).length === 0);
}

async function doubtful(): Promise<Operation> {
  const appid = APPIDS.doubtful;
  await world.sim.addFault({ api: 'wxa/getversioninfo', appid, kind: 'busy', times: 0 });
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
  return world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
}

/** The changes that WeChat executed, in order. */
const effects = async (appid: string) =>
  (await world.sim.calls({ appid })).flatMap(({ effect }) => effect ?? []);

describe('wxa restore', () => {
  it('wxa restore --dry-run reports what it would do and writes nothing', async () => {
    const stored = await contents(world);
    const { code, out, err } = await restore('--since', since, '--dry-run', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      dryRun: true,
      counts: { inserted: expect.any(Number), contentLost: 1 },
    });
    expect(await contents(world)).toEqual(stored);
  });

  it('wxa restore exits with 75 while a worker is connected', async () => {
    const url = new URL(world.stack.addresses.postgres);
    url.searchParams.set('application_name', 'wxa-release-worker');
    const worker = new pg.Client({ connectionString: url.href });
    await worker.connect();
    for (const args of [
      ['--since', since],
      ['--since', since, '--dry-run'],
      ['--accept', '--reason', 'x'],
    ])
      expect(await restore(...args)).toMatchObject({
        code: 75,
        err: expect.stringContaining('stop all workers'),
      });
    await worker.end();
  });

  it('wxa restore continues after it was killed at any step, and leaves each operation as it was published', async () => {
    // The caller repeats its requests before anything is restored.
    known.again = await commit(APPIDS.repeated, '1.0', 'r-1');
    known.againInFlight = await commit(APPIDS.repeatedInFlight, '1.0', 'r-1');
    known.other = await commit(APPIDS.reused, '9.9', 'r-1');
    expect(known.again.id).not.toBe(known.repeated?.id);
    for (const block of BLOCKS) await killAt(world, block, ['--since', since], wxaEnv());
    expect(await restore('--since', since)).toMatchObject({
      code: 75,
      err: expect.stringContaining('was killed'),
    });
    await world.sql(`update leases set until = now() where name = 'restore'`);
    const { code, out } = await restore('--since', since, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out).left).toEqual([
      expect.objectContaining({
        operationId: known.reused?.id,
        storedId: known.other.id,
        appid: APPIDS.reused,
      }),
    ]);
    const trail = await world.sql(`select detail from trail where action = 'restore.run'`);
    expect(trail).toMatchObject([{ detail: { since, left: 1, missing: 0 } }]);
    expect(await world.sql('select from restore_events')).toEqual([]);
    const [history] = await world.sql('select behind, identity, verified_at from history_state');
    expect(history).toMatchObject({
      behind: false,
      identity: expect.any(String),
      verified_at: expect.any(Date),
    });

    expect(await world.get(known.release?.id ?? '')).toEqual(known.release);
    expect(await world.get(known.revert?.id ?? '')).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await world.get(known.doubt?.id ?? '')).toMatchObject({ state: 'OPERATION_STATE_IN_DOUBT' });
    expect(await world.get(known.again.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    for (const name of ['inFlight', 'againInFlight'])
      expect(await world.get(known[name]?.id ?? '')).toMatchObject({
        state: 'OPERATION_STATE_IN_DOUBT',
        error: { reason: 'RESTORED' },
      });
    expect(await world.get(known.behind?.id ?? '')).toMatchObject({ state: 'OPERATION_STATE_QUEUED' });
    const uploads = await world.sql('select state, error from operations where appid = $1', [APPIDS.upload]);
    expect(uploads).toMatchObject([{ state: 'FAILED', error: { reason: 'CONTENT_LOST' } }]);
    const audits = await world.sql(
      'select state, user_version from audits where appid = $1 order by submitted_at',
      [APPIDS.released],
    );
    expect(audits).toEqual([
      { state: 'APPROVED', user_version: '1.0' },
      { state: 'APPROVED', user_version: '2.0' },
    ]);
  });

  it('A repeated wxa restore changes no operation', async () => {
    const columns = 'id, state, fence, attempts, error::text, ended_at, started_at';
    const stored = await world.sql(`select ${columns} from operations order by id`);
    const { out } = await restore('--since', since, '--json');
    expect(JSON.parse(out).counts).toMatchObject({
      inserted: 0,
      finished: 0,
      inDoubt: 0,
      audits: 0,
      contentLost: 0,
    });
    expect(await world.sql(`select ${columns} from operations order by id`)).toEqual(stored);
  });

  it('After wxa restore the workers execute nothing a second time, and each ce_id has one value', async () => {
    expect(await wxaHere(['quota', 'lift', '--all-changes'])).toMatchObject({ code: 0 });
    await Promise.all(world.stack.workers.map((worker) => worker.start()));
    for (const name of ['doubt', 'inFlight', 'againInFlight', 'behind', 'other'])
      await eventually(async () => (await world.wait(known[name]?.id ?? '')).state === SUCCEEDED);
    expect(await effects(APPIDS.inFlight)).toEqual(['commit 1.0', 'commit 1.1']);
    expect(await effects(APPIDS.repeatedInFlight)).toEqual(['commit 1.0']);
    expect(await effects(APPIDS.repeated)).toEqual(['commit 1.0']);
    expect(await effects(APPIDS.doubtful)).toEqual(['commit 1.0']);
    expect((await effects(APPIDS.reverted)).filter((effect) => effect.startsWith('revert'))).toHaveLength(1);
    expect((await effects(APPIDS.released)).filter((effect) => effect.startsWith('release'))).toHaveLength(2);
    await eventually(async () => (await world.sql('select from outbox limit 1')).length === 0);
    valuesById(await readTopics(world.stack.addresses.kafka, world.prefix));
  });
});

describe('wxa restore without what it needs', () => {
  beforeAll(() => Promise.all(world.stack.workers.map((worker) => worker.stop())));

  it('wxa restore --accept declares a server valid that is behind, and records why', async () => {
    await world.sql(`update history_state set behind = true, evidence = '[]', identity = 'x'`);
    expect((await restore('--accept', '--reason', 'moved to another Kafka')).code).toBe(0);
    const [history] = await world.sql(
      'select behind, evidence, identity <> $1 as checked from history_state',
      ['x'],
    );
    expect(history).toEqual({ behind: false, evidence: null, checked: true });
    const trail = await world.sql(`select caller, detail from trail where action = 'history.accepted'`);
    expect(trail).toMatchObject([
      { caller: expect.stringMatching(/^cli:.+@.+$/), detail: { reason: 'moved to another Kafka' } },
    ]);
  });

  it('wxa restore leaves Postgres unverified if an operation that was published is on no topic', async () => {
    await world.sql('update history_state set behind = false');
    const [appid, id] = [newAppid(), operationId(new Date())];
    const operation = { id, appid, method: 'Commit', state: SUCCEEDED, endTime: new Date().toISOString() };
    const headers = {
      ce_id: `${id}.completed`,
      ce_type: 'wxa.code.v1.OperationCompleted',
      ce_time: operation.endTime,
    };
    await world.produce(TOPICS.outcomes, [{ key: appid, value: JSON.stringify({ operation }), headers }]);
    const { code, out } = await restore('--since', since);
    expect({ code, out }).toMatchObject({ code: 1, out: expect.stringContaining(`missing: ${id}`) });
    expect(await world.sql('select behind from history_state')).toEqual([{ behind: true }]);
    await world.sql('insert into history_exempt (appid) values ($1)', [appid]);
    expect((await restore('--since', since)).out).not.toContain('missing');
    expect(await world.sql('select behind from history_state')).toEqual([{ behind: false }]);
  });

  it('wxa restore exits with 69 without Kafka or Postgres, and with 78 without a setting', async () => {
    const without = (more: Record<string, string>) => wxaHere(['restore', '--since', since], more);
    expect(await without({ KAFKA_BROKERS: '127.0.0.1:1' })).toMatchObject({
      code: 69,
      err: expect.stringMatching(/^Kafka: /),
    });
    expect(await without({ DATABASE_URL: 'postgres://127.0.0.1:1/x' })).toMatchObject({
      code: 69,
      err: expect.stringMatching(/^DATABASE_URL: Postgres: cannot connect/),
    });
    expect(await without({ KAFKA_BROKERS: '' })).toMatchObject({
      code: 78,
      err: expect.stringContaining('KAFKA_BROKERS'),
    });
  });
});
