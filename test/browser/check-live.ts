import { expect, it } from '@jest/globals';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { Journey, REST } from '../journeys/journey.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { largeRollout } from './large-data.js';
import { confirm, counts, isLive, says, showsState } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';

const { WECHAT_TOKEN_SOURCE: _, ...WAITS } = COMPONENT;
// Longer than a test lets calls hang.
useTabs({ env: { ...WAITS, WECHAT_TIMEOUT_MS: '6000' } });
const rollouts = new Journey(() => world);

/** The live page of a rollout that waits at a gate, and a tab for a form, while servers may be gone. */
async function liveAtGate() {
  tabs.toleratesNetwork = true;
  const { id } = await rollouts.create(newAppids(2), { waves: [{ ...REST, submitGate: { manual: true } }] });
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await isLive(page);
  return { id, page, form: await tabs.another(page.context()) };
}

async function again(app: { start(): Promise<void>; waitReady(): Promise<void> }): Promise<void> {
  await app.start();
  await app.waitReady();
}

it('While the gateway is gone a live page says since when it is stale, a dialog keeps its input, and both continue', async () => {
  const { id, page, form } = await liveAtGate();
  const name = (await rollouts.get(id)).spec?.name ?? '';
  await form.goto(`/rollouts/${id}`);
  await form.getByRole('button', { name: '更多操作' }).click();
  await form.getByRole('menuitem', { name: '取消批量发布…' }).click();

  world.stack.gateway.kill('SIGKILL');
  await page.getByText(/自 .* 起没有更新，正在重新连接/).waitFor();
  await confirm(form, '取消批量发布', { name, reason: '模板有误' });
  await says(form, '网关没有应答', 'dialog');
  await again(world.stack.gateway);
  await isLive(page);
  await confirm(form, '取消批量发布');
  await showsState(form, '已取消');
  await showsState(page, '已取消');
  await says(form, '模板有误');
});

it('A session and the input of a dialog survive the death of the console, and a live page connects again', async () => {
  const { id, page, form } = await liveAtGate();
  await form.goto(`/rollouts/${id}`);
  await form.getByRole('button', { name: '立即放行' }).click();

  const { app } = tabs.console;
  app.kill('SIGKILL');
  await page.getByText(/自 .* 起没有更新/).waitFor();
  await confirm(form, '立即放行', { reason: '已确认' });
  await says(form, '控制台没有应答', 'dialog');
  await again(app);
  await isLive(page);
  await confirm(form, '立即放行');
  await showsState(page, '已完成');
  await says(form, '已确认');
});

it('Without a network an action is refused at once, and is not made later', async () => {
  const { id, page } = await liveAtGate();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: /暂停$/ }).click();
  await page.getByText('控制台没有应答').waitFor();
  await page.context().setOffline(false);
  await isLive(page);
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_RUNNING');
});

const TARGETS = byLength({ short: 200, long: 2_000 });
/** Operations that are in progress when the rollout is paused. */
const SLOTS = 10;
const MS = byLength({ short: 60_000, long: 600_000 });

it(
  `A pause in the middle of ${TARGETS} targets lets only operations in progress end, also if a worker is killed, and nothing is sent twice`,
  async () => {
    const [worker] = world.stack.workers;
    const appids = newAppids(TARGETS);
    const { id } = await rollouts.create(appids, { maxInFlight: SLOTS });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    const isInTheMiddle = (count: string | null) => Number(count?.replace(/\D/g, '')) >= TARGETS / 10;
    const succeeded = page.getByRole('link', { name: /^已完成 / });
    await eventually(async () => isInTheMiddle(await succeeded.textContent()), MS);
    const calls = { api: 'wxa/commit', kind: 'hang' as const, times: SLOTS };
    const { id: hanging } = await world.sim.addFault(calls);
    await eventually(async () => (await world.sim.fault(hanging)).held === SLOTS);
    const answer = page.waitForResponse((response) => response.url().endsWith('/PauseRollout'));
    await page.getByRole('button', { name: /暂停$/ }).click();
    await answer;
    const ofRollout = `select appid, ended_at is null as "isOpen" from operations where rollout_id = $1`;
    const accepted = await world.sql<{ appid: string; isOpen: boolean }>(ofRollout, [id]);
    const inProgress = accepted.filter(({ isOpen }) => isOpen).map(({ appid }) => appid);
    expect(inProgress).toHaveLength(SLOTS);
    const after = (await world.sim.calls()).at(-1)?.seq ?? 0;
    worker?.kill('SIGKILL');
    await worker?.exited;
    await world.sim.releaseFault(hanging);
    if (worker !== undefined) await again(worker);
    await eventually(async () => {
      const now = await world.sql<{ isOpen: boolean }>(ofRollout, [id]);
      return now.every(({ isOpen }) => !isOpen);
    });
    expect(await rollouts.accepted(id)).toBe(accepted.length);
    const since = await world.sim.calls({ after });
    expect(since.map(({ appid }) => appid).filter((appid) => !inProgress.includes(appid ?? ''))).toEqual([]);

    await showsState(page, '已暂停');
    await rollouts.ask('updateRollout', {
      id,
      spec: { maxInFlight: TARGETS },
      updateMask: ['max_in_flight'],
    });
    await page.getByRole('button', { name: /恢复$/ }).click();
    await showsState(page, '已完成', MS);
    await counts(page, `已完成 ${shown(TARGETS)}`);
    const sent = await world.sim.callCounts();
    const once = { 'wxa/commit': 1, 'wxa/submit_audit': 1, 'wxa/release': 1 };
    for (const appid of appids) expect(sent[appid]).toMatchObject(once);
  },
  2 * MS,
);

/** A number as pages show it. */
const shown = (value: number) => value.toLocaleString('zh-CN');

const VISITORS = byLength({ short: 2, long: 5 });
/** With HTTP/1.1, a browser has six connections. */
const TABS_EACH = 4;

async function liveTabs(path: string): Promise<[Page, ...Page[]]> {
  const first = await tabs.open();
  const visitors = [first];
  while (visitors.length < VISITORS) visitors.push(await tabs.open());
  const all: [Page, ...Page[]] = [first, ...visitors.slice(1)];
  for (const page of visitors)
    for (let tab = 1; tab < TABS_EACH; tab++) all.push(await tabs.another(page.context()));
  await Promise.all(all.map((page) => page.goto(path)));
  await Promise.all(all.map((page) => isLive(page)));
  return all;
}

/** The last batch of a retry waits until the connection ends. */
async function lockLastFailure(id: string): Promise<pg.Client> {
  const lock = new pg.Client({ connectionString: world.stack.addresses.postgres });
  // A test that fails does not end it.
  lock.on('error', () => undefined);
  await lock.connect();
  await lock.query('begin');
  const last = `select from rollout_targets where rollout_id = $1 and state = 'FAILED' order by position desc limit 1 for update`;
  await lock.query(last, [id]);
  return lock;
}

const MANY = byLength({
  short: { targets: 5_000, failed: 600, ms: 240_000 },
  long: { targets: 100_000, failed: 12_000, ms: 900_000 },
});
/** Targets that one turn of the engine retries. */
const BATCH = 500;

it(
  `A group of ${MANY.failed} failures is paged through, and ${VISITORS * TABS_EACH} live tabs, which share a stream, show the progress of its retry`,
  async () => {
    const { targets, failed } = MANY;
    const id = await largeRollout(world, {
      ...{ number: 0, state: 'PAUSED', targets, ended: targets, failedPercent: 12, causes: 1 },
    });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await page.getByRole('link', { name: `失败 ${shown(failed)}`, exact: true }).click();
    await page.waitForURL('**/targets?*state=FAILED*');
    const rows = page.locator('tbody tr.ant-table-row');
    for (const loaded of [50, 100]) {
      await eventually(async () => expect(await rows.count()).toBe(loaded));
      await page.getByRole('button', { name: '加载更多' }).click();
    }
    expect(await rows.first().textContent()).toContain('失败');

    const [first, ...others] = await liveTabs(`/rollouts/${id}`);
    await eventually(async () => {
      const series = await scrape(world.stack.addresses.http);
      const streams = [...series].filter(([name]) => name.startsWith('wxa_watch_streams'));
      expect(streams.reduce((sum, [, value]) => sum + value, 0)).toBe(1);
    });
    const lock = await lockLastFailure(id);
    await first.getByRole('button', { name: '从提交审核重试' }).click();
    await says(first, `将重试 ${shown(failed)} 个`, 'dialog');
    await confirm(first, '重试', { reason: '类目已改' });
    const some = `${shown(Math.floor((failed - 1) / BATCH) * BATCH)} / ${shown(failed)}`;
    await says(first, `已处理 ${some}`);
    await Promise.all(others.map((tab) => tab.getByText(`已处理 ${some}`).waitFor()));
    await lock.end();
    const all = `${shown(failed)} / ${shown(failed)}`;
    await says(first, `已处理 ${all}`);
    await Promise.all(others.map((tab) => tab.getByText(`已处理 ${all}`).waitFor()));
    await Promise.all(others.map((tab) => tab.getByText('没有失败', { exact: true }).waitFor()));
  },
  MANY.ms,
);
