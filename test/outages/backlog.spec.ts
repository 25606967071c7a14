import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { untilOutcomesAreRead } from '../until-outcomes-are-read.js';
import { useWorldPerTest } from '../use-world.js';
import type { World, WorldOptions } from '../world.js';
import { COMMIT, commandCounts, commits } from './backlog-commits.js';

const MAX_DELAY_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 1_000 });

const startWorld = useWorldPerTest();

async function start(options: WorldOptions): Promise<World> {
  const made = await startWorld(options);
  await untilOutcomesAreRead(made.stack.addresses.http);
  return made;
}

async function delayed(of: World, backlog: 'method' | 'lane'): Promise<number> {
  const counted = 'select count(*)::int as n from operations where backlog = $1';
  const [row] = await of.sql<{ n: number }>(counted, [backlog]);
  return row?.n ?? 0;
}

/** How long a query and a change of other mini-programs take, in milliseconds. */
async function timesOfOthers(of: World): Promise<number[]> {
  const appid = newAppid();
  const begun = performance.now();
  await of.call('GetVisitStatus', { appid });
  const between = performance.now();
  await of.run('SetSupportVersion', { appid: newAppid(), version: '1.0.0' });
  return [between - begun, performance.now() - between];
}

it('A backlog of 400 throttled Commits delays no operation of another API by 1 s and has each command on Kafka once', async () => {
  const made = await start({ env: { WECHAT_RATE_PER_API: '3' } });
  await commits(made, 400);
  await eventually(async () => (await delayed(made, 'method')) > 200);
  for (const took of await timesOfOthers(made)) expect(took).toBeLessThan(MAX_DELAY_MS);
  const metrics = await (await fetch(`${made.stack.addresses.workers[0]}/metrics`)).text();
  const open = Number(/^wxa_kafka_inflight_records\{topic="commands"\} (\d+)$/m.exec(metrics)?.[1]);
  expect(open).toBeLessThanOrEqual(110);
  expect(Math.max(...commandCounts(made))).toBe(1);
});

it('A backlog of 1,150 changes of one mini-program delays no other by 1 s and runs in order, even if its worker is killed', async () => {
  const made = await start({ env: { OPERATION_LEASE_MARGIN_MS: '500', WECHAT_TIMEOUT_MS: '2000' } });
  const appid = newAppid();
  const versions = Array.from({ length: 1_150 }, (_, i) => `1.${Math.floor(i / 100)}.${i % 100}`);
  await made.sim.addFault({
    api: 'cgi-bin/wxopen/setweappsupportversion',
    kind: 'latency',
    ms: 300,
    times: 0,
  });
  for (const version of versions) void made.change('SetSupportVersion', { appid, version });
  await eventually(async () => (await delayed(made, 'lane')) > 100);
  const [query = 0] = await timesOfOthers(made);
  expect(query).toBeLessThan(MAX_DELAY_MS);
  await made.sim.clearFaults();
  const done = async () =>
    Number(
      (
        await made.sql<{ n: string }>(
          `select count(*) as n from operations where appid = $1 and state = 'SUCCEEDED'`,
          [appid],
        )
      )[0]?.n,
    );
  await eventually(async () => (await done()) > 50);
  const [worker] = made.stack.workers;
  worker?.kill('SIGKILL');
  await worker?.exited;
  await worker?.start();
  await eventually(async () => (await done()) === versions.length, 240_000);
  const order = await made.sql<{ seq: string }>(
    `select seq from operations where appid = $1 order by ended_at, seq`,
    [appid],
  );
  expect(order).toEqual(order.toSorted((a, b) => Number(a.seq) - Number(b.seq)));
  expect((await made.sim.calls({ appid })).filter(({ effect }) => effect).length).toBe(versions.length);
});

it('A backlog of 60 requests of 700 KiB delays no other operation by 1 s', async () => {
  const made = await start({ follow: false });
  await made.sim.addFault({ api: 'wxa/commit', kind: 'latency', ms: 4_000, times: 0 });
  const extJson = JSON.stringify({ ext: { text: 'x'.repeat(700 * 1024) } });
  const appids = Array.from({ length: 60 }, newAppid);
  const extConfig = { $case: 'extJson', value: extJson } as const;
  await Promise.all(appids.map((appid) => made.call('Commit', { appid, ...COMMIT, extConfig }, 60_000)));
  for (const took of await timesOfOthers(made)) expect(took).toBeLessThan(MAX_DELAY_MS);
});

it('A retry in a backlog longer than its deadline succeeds before most later operations, and none fails', async () => {
  const made = await start({ env: { WECHAT_RATE_PER_API: '5', OPERATION_DEADLINE_MS: '3000' } });
  const appid = newAppid();
  await made.sim.addFault({ api: 'wxa/commit', appid, kind: 'busy', when: 'before', times: 1 });
  await commits(made, 39);
  const slow = await made.change('Commit', { appid, ...COMMIT });
  const later = await commits(made, 60);
  const done = await made.wait(slow.id);
  expect(done).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 2 });
  const ends = await made.sql<{ state: string; isEarlier: boolean | null }>(
    `select state, ended_at < (select ended_at from operations where id = $1) as "isEarlier"
     from operations where id = any($2)`,
    [done.id, later.map(({ id }) => id)],
  );
  expect(ends.filter(({ isEarlier }) => isEarlier).length).toBeLessThan(30);
  expect(ends.filter(({ state }) => state === 'FAILED')).toEqual([]);
});
