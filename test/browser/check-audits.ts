import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { tabs, useTabs, world } from './use-tabs.js';

useTabs();

it('Ended audits begin with the latest, and open ones with the longest wait', async () => {
  const appid = newAppid();
  await world.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
     select gen_random_uuid(), $1, 10 + n, n || '.0', case when n > 2 then 'REJECTED' else 'OPEN' end,
       now() - (9 - n) * interval '1 hour', case when n > 2 then now() end from generate_series(1, 4) n`,
    [appid],
  );
  const page = await tabs.open();
  const shown = page.locator('tbody tr.ant-table-row a[href^="/audits/"]');
  for (const [state, versions] of Object.entries({ REJECTED: ['4.0', '3.0'], PENDING: ['1.0', '2.0'] })) {
    await page.goto(`/audits?state=${state}&appid=${appid}`);
    await eventually(async () => expect(await shown.allTextContents()).toEqual(versions));
  }
});
