import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  AuthorizerState,
  type AuthorizerSync,
  CreateRolloutRequest,
  type DeepPartial,
  ListMiniProgramsRequest,
  Party,
  ReadinessItemType,
  type Rollout,
  RolloutStep,
} from '@wxa/contracts';
import { Journey } from '../journeys/journey.js';
import { endRollouts, openRollout, storeNeeds, TEMPLATE } from '../journeys/newcomers.js';
import { byLength } from '../length.js';
import { newAppids, SHORT_WAITS, specOf } from '../rollouts/rollout-steps.js';
import { eventually, unary, useWorld, world } from '../use-world.js';
import { writeInventory } from './write-inventory.js';

/** The numbers of docs/first-release.md. Times are judged in the long form; the printed ones are the measurement. */
const limit = (long: number) => byLength({ short: Number.POSITIVE_INFINITY, long });
const print = (what: string, value: string) => process.stdout.write(`${what}: ${value}\n`);
const MINUTE_MS = 60_000;

const rollouts = new Journey(() => world);

/** How often WeChat was called on an API, for all mini-programs. */
async function callsOf(api: string): Promise<number> {
  const counts = Object.values(await world.sim.callCounts());
  return counts.reduce((all, one) => all + (one[api] ?? 0), 0);
}

describe('A first sync', () => {
  useWorld({ follow: false, env: { WECHAT_TOKEN_SOURCE: 'component' } });

  const [LISTED, OFFICIAL, WITHOUT_TOKEN] = byLength({ short: [60, 2, 1], long: [10_000, 5, 3] }) as [
    ...[number, number, number],
  ];
  const PAGE = 500;
  const COMPONENT = 'cgi-bin/component';

  async function sync(): Promise<AuthorizerSync & { calls: [lists: number, infos: number] }> {
    const calls = () =>
      Promise.all(['list', 'info'].map((what) => callsOf(`${COMPONENT}/api_get_authorizer_${what}`)));
    const before = await calls();
    const { id } = await unary<AuthorizerSync>(world.authorizers, 'syncAuthorizers', {});
    let latest: AuthorizerSync | undefined;
    await eventually(async () => {
      latest = await unary<AuthorizerSync>(world.authorizers, 'getAuthorizerSync', { id });
      return latest.endTime !== undefined;
    }, 15 * MINUTE_MS);
    const [lists = 0, infos = 0] = (await calls()).map((now, i) => now - (before[i] ?? 0));
    return { ...(latest as AuthorizerSync), calls: [lists, infos] };
  }
  const seconds = ({ createTime, endTime }: AuthorizerSync) =>
    ((endTime?.getTime() ?? 0) - (createTime?.getTime() ?? 0)) / 1000;
  const rows = async () =>
    (
      await world.sql<{ hash: string; count: number }>(
        `select md5(string_agg(a::text, ',' order by appid)) as hash, count(*)::int from authorizers a`,
      )
    )[0];

  it(
    `${LISTED} accounts that are unknown here are read once each and feed no open rollout, and a repeat reads the list alone and changes no row`,
    async () => {
      for (let left = LISTED; left > 0; left -= PAGE) {
        const isFirst = left === LISTED;
        await world.sim.authorizeMany({
          ...{ count: Math.min(PAGE, left), push: { none: true } },
          ...(isFirst && { officialAccounts: OFFICIAL, listedWithoutToken: WITHOUT_TOKEN }),
        });
      }
      // Otherwise the sweep reads the readiness of those that are added, with the same API.
      await world.sql(
        `insert into leases (name, holder, until) values ('fleet', gen_random_uuid(), now() + interval '1 hour')
         on conflict (name) do update set holder = excluded.holder, until = excluded.until`,
      );
      // WeChat's times are whole seconds: a newcomer is who authorizes in the second of the start, or later.
      await delay(1_000);
      await openRollout(rollouts);
      const first = await sync();
      print(
        `sync of ${LISTED} accounts`,
        `${seconds(first)} s, ${first.calls.join(' list and ')} info calls`,
      );
      const pages = Math.ceil(LISTED / PAGE);
      expect(first).toMatchObject({ error: '', added: LISTED - OFFICIAL, total: LISTED });
      expect(first.calls[0]).toBe(pages);
      expect(first.calls[1]).toBe(LISTED);
      expect(seconds(first)).toBeLessThan(limit(9 * 60));
      expect((await rows())?.count).toBe(LISTED - OFFICIAL);
      expect(await world.sql('select from rollout_candidates')).toEqual([]);
      expect(await world.sql('select from rollout_targets')).toEqual([]);

      const before = await rows();
      const repeat = await sync();
      print('its repeat', `${seconds(repeat)} s, ${repeat.calls.join(' list and ')} info calls`);
      expect(repeat.calls).toEqual([pages, 0]);
      expect(await rows()).toEqual(before);
    },
    20 * MINUTE_MS,
  );
});

describe('An inventory', () => {
  useWorld({ follow: false, env: SHORT_WAITS });

  const TARGETS = byLength({ short: 100, long: 10_000 });
  const MINI_PROGRAMS = byLength({ short: 1_000, long: 100_000 });
  const WINDOW_MS = byLength({ short: 2_000, long: 2 * MINUTE_MS });

  it(
    `${TARGETS} targets whose settings are unchanged succeed without a change at WeChat`,
    async () => {
      await storeNeeds(world);
      const appids = newAppids(TARGETS);
      const { ROLLOUT_STEP_COMMIT: COMMIT, ROLLOUT_STEP_SETTINGS: SETTINGS } = RolloutStep;
      const run = async (firstStep: RolloutStep) => {
        const startedAt = Date.now();
        const spec = {
          templateId: TEMPLATE,
          settings: {},
          firstStep,
          lastStep: SETTINGS,
          maxInFlight: 1_000,
        };
        const selection = { by: { $case: 'appids' as const, value: { appids } } };
        const request = CreateRolloutRequest.fromPartial({ spec: specOf(spec), selection, start: true });
        const { id } = await unary<Rollout>(world.rollouts, 'createRollout', request, MINUTE_MS);
        const { counts } = await rollouts.until(id, 'COMPLETED', 15 * MINUTE_MS);
        const state = 'ROLLOUT_TARGET_STATE_SUCCEEDED';
        expect(counts).toMatchObject([{ state, count: TARGETS }]);
        return (Date.now() - startedAt) / 1000;
      };
      const first = await run(COMMIT);
      const { effects } = await world.sim.summary();
      const second = await run(SETTINGS);
      expect((await world.sim.summary()).effects).toEqual(effects);
      print(`rollout of ${TARGETS} that commits and sets`, `${first} s`);
      print('the same settings again, 3 reads each', `${second} s, no change at WeChat`);
      await endRollouts(world, rollouts);
    },
    30 * MINUTE_MS,
  );

  it.each<[string, DeepPartial<ListMiniProgramsRequest>]>([
    ['without a filter', {}],
    ['by state', { state: AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED }],
    ['by template', { liveTemplateId: 3n }],
    ['by version', { liveVersion: '1.3' }],
    ['without a live version', { notLive: true }],
    ['by item', { notReady: ReadinessItemType.READINESS_ITEM_TYPE_FILING }],
    ['by who acts', { acts: Party.PARTY_OWNER }],
    ['that have drifted', { drifted: true }],
    ['by label', { labels: ['pilot'] }],
  ])(`A page of ${MINI_PROGRAMS} mini-programs %s is fast`, async (what, filter) => {
    if ((await world.sql('select from authorizers limit 1')).length === 0) await fill();
    const request = ListMiniProgramsRequest.fromPartial({ ...filter, pageSize: 50 });
    const list = () => unary<{ miniPrograms: unknown[] }>(world.fleet, 'listMiniPrograms', request);
    expect((await list()).miniPrograms.length).toBeGreaterThan(0);
    const p50 = await median(list);
    print(`ListMiniPrograms ${what}`, `p50 ${p50.toFixed(1)} ms`);
    expect(p50).toBeLessThan(limit(15));
  });

  it(`A summary of ${MINI_PROGRAMS} mini-programs is fast`, async () => {
    // It is counted once a second at most.
    const count = async () => {
      await delay(1_100);
      const startedAt = performance.now();
      await unary(world.fleet, 'getFleetSummary', { labels: [] });
      return performance.now() - startedAt;
    };
    const times = [await count(), await count(), await count()].toSorted((a, b) => a - b);
    print('GetFleetSummary', `p50 ${times[1]?.toFixed(0)} ms`);
    expect(times[1]).toBeLessThan(limit(100));
  });

  it(
    `The sweep of ${MINI_PROGRAMS} mini-programs costs little`,
    async () => {
      const idle = await usage();
      await world.sql(`update mini_programs set due_at = now() + random() * interval '7 days',
        versions_due_at = now() + random() * interval '1 day'`);
      await world.sql('vacuum analyze mini_programs');
      const sweeping = await usage();
      const percent = (part: 'worker' | 'postgres') => (sweeping[part] - idle[part]).toFixed(2);
      const calls = (sweeping.calls / (WINDOW_MS / 1000)).toFixed(2);
      print(
        'the sweep',
        `${calls} calls a second, worker ${percent('worker')} % and Postgres ${percent('postgres')} % of a core`,
      );
      print(
        'the same without it',
        `worker ${idle.worker.toFixed(2)} %, Postgres ${idle.postgres.toFixed(2)} %`,
      );
      for (const part of ['worker', 'postgres'] as const)
        expect(sweeping[part] - idle[part]).toBeLessThan(limit(2));
    },
    10 * MINUTE_MS,
  );

  async function fill(): Promise<void> {
    await writeInventory((text) => world.sql(text), MINI_PROGRAMS);
  }

  async function median(call: () => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      const startedAt = performance.now();
      await call();
      times.push(performance.now() - startedAt);
    }
    return times.toSorted((a, b) => a - b)[10] ?? 0;
  }

  /** The shares of a core that the worker and the sessions of Postgres use, in percent, and the calls to WeChat, over a while. */
  async function usage(): Promise<Record<'worker' | 'postgres' | 'calls', number>> {
    const before = await spent();
    await delay(WINDOW_MS);
    const after = await spent();
    const percentOf = (seconds: number) => (100 * seconds) / ((after.at - before.at) / 1000);
    // A session that ended in between is left out.
    const sessions = [...after.sessions].map(([pid, seconds]) => seconds - (before.sessions.get(pid) ?? 0));
    return {
      worker: percentOf(after.worker - before.worker),
      postgres: percentOf(sessions.reduce((all, one) => all + one, 0)),
      calls: after.calls - before.calls,
    };
  }

  async function spent() {
    const metrics = await (await fetch(`${world.stack.addresses.workers[0]}/metrics`)).text();
    const pids = await world.sql<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const sessions = await Promise.all(pids.map(async ({ pid }) => [pid, await cpuSeconds(pid)] as const));
    const counts = Object.values(await world.sim.callCounts()).flatMap((one) => Object.values(one));
    return {
      at: performance.now(),
      worker: Number(/^process_cpu_seconds_total(?:{[^}]*})? (\S+)$/m.exec(metrics)?.[1]),
      sessions: new Map(sessions),
      calls: counts.reduce((all, one) => all + one, 0),
    };
  }

  /** Linux counts hundredths of a second. The program's name in brackets may contain spaces. */
  async function cpuSeconds(pid: number): Promise<number> {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / 100;
  }
});
