import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { useSharedWorld, world } from '../use-world.js';
import { pageWith, useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page } from './visitor.js';

useSharedWorld('console');
useVisitor();

const filter = (page: Page, values: Record<string, string>) => visitor.submit(page, 'form.filters', values);
const own = [newAppid(), newAppid(), newAppid()] as const;
const appidsOf = (page: Page) =>
  page.html
    .querySelectorAll('tbody tr td:first-child')
    .map((cell) => cell.textContent.trim())
    .filter((appid) => own.some((one) => one === appid));

it('Audits are filtered by delay and age; one is sped up once by two clicks, and one is withdrawn', async () => {
  const [fresh, old, delayed] = own;
  for (const appid of own) {
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  }
  const reason = '1:排队<br>2:<script>alert(1)</script>';
  await world.sim.decide(delayed, { decision: 'delay', reason });
  await world.sql(`update audits set submitted_at = now() - interval '9 days' where appid = $1`, [old]);
  const all = await pageWith('/audits', ({ text }) => expect(text).toContain('审核延后'));
  expect(appidsOf(all)).toEqual([old, fresh, delayed]);
  expect(all.text).toContain('2:<script>alert(1)</script>');

  expect(appidsOf(await filter(all, { delayed: '1' }))).toEqual([delayed]);
  const weekAgo = inputOf(all, '[name="submitted_before"]') ?? '';
  const older = await filter(all, { submitted_before: weekAgo });
  expect(appidsOf(older)).toEqual([old]);
  expect((await filter(all, { delayed: '1', state: 'APPROVED' })).status).toBe(400);

  const faster = await visitor.follow(older, '加急…');
  expect(faster.text).toContain(`加急小程序 ${old} 的审核`);
  const clicks = await Promise.all([1, 2].map(() => visitor.submit(faster, 'main form')));
  const [{ path = '' } = {}] = clicks;
  expect(clicks.map((page) => page.path)).toEqual([path, path]);
  await pageWith(path, ({ text }) => expect(text).toContain('SpeedUpAudit成功'));
  expect(await world.sim.calls({ appid: old, api: 'wxa/speedupaudit' })).toHaveLength(1);

  const withdrawal = await visitor.follow(await filter(all, { delayed: '1' }), '撤回审核…');
  expect(withdrawal.text).toContain(`撤回 1 个小程序 ${delayed} 的版本 1.0 的审核`);
  await visitor.submit(withdrawal, 'main form');
  await eventually(async () => appidsOf(await filter(all, { state: 'WITHDRAWN' })).includes(delayed));
  expect(appidsOf(await visitor.get('/audits'))).toEqual([old, fresh]);
}, 60_000);
