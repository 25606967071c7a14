import { describe, expect, it } from '@jest/globals';
import { type Operation, RolloutGateType } from '@wxa/contracts';
import { count, Journey, REST } from '../journeys/journey.js';
import { CHANGE_CASES } from '../release/change-cases.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { eventually, newAppid } from '../world.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';
import { expectNoShift, isLive, part, pathOf, qrCodeOf, says, showsState, tabTo } from './visits.js';

const { WECHAT_TOKEN_SOURCE: _, ...WAITS } = COMPONENT;
useTabs({ env: WAITS });
const rollouts = new Journey(() => world);

it('A wrong password is refused; after the right one the language changes and the log-out ends the session', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open({ loggedIn: false });
  await page.goto('/lanes');
  expect(pathOf(page)).toBe('/login');
  await tabs.logIn(page, 'wrong');
  await page.getByRole('alert').getByText('用户名或密码不正确。').waitFor();
  await tabs.logIn(page);
  await page.waitForURL('**/lanes');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '队列' }).waitFor();
  await page.getByRole('button', { name: '退出' }).click();
  await page.waitForURL('**/login');
  await page.goto('/lanes');
  expect(pathOf(page)).toBe('/login');
});

describe('a rollout', () => {
  it('Is watched to its end without a reload and without a shift of the layout', async () => {
    const waves = [{ ...count(3), submitGate: { manual: true } }, REST];
    const { id } = await rollouts.create(newAppids(8), { waves });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await page.evaluate('globalThis.isFirstLoad = true');
    await isLive(page);
    await rollouts.ask('advanceRollout', { id, wave: 1, gate: RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT });
    await showsState(page, '已完成');
    await isLive(page, 'ended');
    expect(await part(page, 'bar').textContent()).toMatch(/成功\s*8/);
    expect(await page.evaluate('globalThis.isFirstLoad')).toBe(true);
    await expectNoShift(page);
  });

  it('Waits at a release gate until an operator opens it on the page, with a reason in the journal', async () => {
    const waves = [{ ...REST, releaseGate: { manual: true } }];
    const { id } = await rollouts.create(newAppids(3), { waves });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await part(page, 'holds').getByRole('link', { name: '立即放行' }).click();
    await page.fill('[name=reason]', '产品已验收');
    await page.click('main button[type=submit]');
    await page.waitForURL(`**/rollouts/${id}`);
    await showsState(page, '已完成');
    expect(await part(page, 'changes').textContent()).toMatch(/operator.*产品已验收/s);
  });

  it('Is taken back once its name is typed, and both rollouts name each other', async () => {
    tabs.toleratesNetwork = true;
    const appids = newAppids(2);
    for (const version of ['3.1.0', '3.2.0']) {
      const { id } = await rollouts.create(appids, { name: version, userVersion: version });
      await rollouts.until(id);
      if (version === '3.1.0') continue;
      const page = await tabs.open();
      await page.goto(`/rollouts/${id}`);
      await page.getByRole('link', { name: '回滚…' }).click();
      await page.fill('[name=typed_name]', '3.1.0');
      await page.click('main button[type=submit]');
      await page.getByRole('alert').getByText('输入的名称不一致').waitFor();
      expect(await rollouts.get(id)).toMatchObject({ rolledBackBy: '' });
      await page.fill('[name=typed_name]', '3.2.0');
      await page.click('main button[type=submit]');
      await page.getByRole('link', { name: '原批量发布' }).waitFor();
      const rollback = pathOf(page);
      expect(rollback).not.toBe(`/rollouts/${id}`);
      await showsState(page, '已完成');
      await page.getByRole('link', { name: '原批量发布' }).click();
      await page.locator(`main a[href="${rollback}"]`).waitFor();
    }
  });
});

/** A Release that WeChat executed, whose response was lost, and which no read can confirm. */
async function releaseInDoubt(appid: string): Promise<Operation> {
  await CHANGE_CASES.find(({ method }) => method === 'Release')?.prepare(world, appid);
  const read = { api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 } as const;
  const { id: fault } = await world.sim.addFault(read);
  await world.sim.addFault({ api: 'wxa/release', appid, kind: 'lost', when: 'after' });
  const release = await world.run('Release', { appid });
  const unresolved = 'select from operations where id = $1 and asks > 0 and ask_at is null';
  await eventually(async () => (await world.sql(unresolved, [release.id])).length === 1);
  await world.sim.clearFaults(fault);
  return release;
}

it('An operation in doubt is found, checked and resolved by the keyboard alone', async () => {
  const release = await releaseInDoubt(newAppid());
  const page = await tabs.open();
  await page.goto('/lanes');
  const enter = async (url: string) => {
    await page.keyboard.press('Enter');
    await page.waitForURL(url);
  };
  await tabTo(page, '存疑');
  await enter('**/doubts');
  await tabTo(page, '查询版本');
  await page.keyboard.press('Enter');
  await says(page, '线上 2.0');
  await tabTo(page, 'input[name="resolution"]');
  await page.keyboard.press('Space');
  await tabTo(page, '[name="reason"]');
  await page.keyboard.type('线上版本已是 2.0');
  await tabTo(page, 'main button[type="submit"]');
  await enter('**/resolve?*');
  await tabTo(page, 'main button[type="submit"]');
  await enter(`**/operations/${release.id}`);
  expect((await world.get(release.id)).state).toBe('OPERATION_STATE_SUCCEEDED');
});

it('The trial QR code of a mini-program can be scanned from its page', async () => {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const page = await tabs.open();
  await page.goto(`/miniprograms/${appid}`);
  await page.getByRole('link', { name: '体验二维码' }).click();
  expect(await qrCodeOf(page.locator('main img'))).toContain(appid);
});
