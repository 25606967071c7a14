import { expect, it } from '@jest/globals';
import { scrape } from '../metrics/exposition.js';
import { useSharedWorld, world, wxaHere } from '../use-world.js';
import { authorized, otherProgramRenews, useOtherProgram } from './other-program.js';

useSharedWorld('component');
useOtherProgram();

/** The counts of tokens that WeChat rejected early, over all workers. */
async function rejectedEarly(): Promise<{ component: number; authorizer: number }> {
  const scrapes = await Promise.all(world.stack.addresses.workers.map(scrape));
  const of = (kind: string) => {
    const name = `wxa_tokens_rejected_early_total{kind="${kind}"}`;
    return scrapes.reduce((sum, series) => sum + (series.get(name) ?? 0), 0);
  };
  return { component: of('component'), authorizer: of('authorizer') };
}

const query = (appid: string) => world.call('GetSupportVersion', { appid }, 60_000);

it('A token that this service renewed itself is not counted as rejected early', async () => {
  const appid = await authorized();
  await query(appid);
  const before = await rejectedEarly();
  const both = [appid, world.settings.WECHAT_COMPONENT_APPID ?? ''];
  const renewed = await wxaHere(['authorizers', 'renew', ...both, '--reason', 'a test']);
  expect(renewed).toMatchObject({ code: 0, out: expect.stringContaining('2 of 2') });
  await query(appid);
  expect(await rejectedEarly()).toEqual(before);
  const recorded = `select appid, detail ->> 'reason' as reason from trail where action = 'token.renewed'`;
  const rows = both.map((id) => ({ appid: id, reason: 'a test' }));
  expect(await world.sql(recorded)).toEqual(expect.arrayContaining(rows));
});

it('Each token that another program renews is counted once, and operations continue by renewal', async () => {
  const appid = await authorized();
  const before = await rejectedEarly();
  for (const round of [1, 2]) {
    await otherProgramRenews(appid);
    expect(await Promise.all([query(appid), query(appid)])).toHaveLength(2);
    const { component, authorizer } = await rejectedEarly();
    expect([component - before.component, authorizer - before.authorizer]).toEqual([round, round]);
  }
});
