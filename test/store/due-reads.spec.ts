import { describe, expect, it } from '@jest/globals';
import { categories, filed, keep, known, unasked, unfiled } from './fleet-steps.js';
import { accept, claim, claimed, settle } from './operation-steps.js';
import { column, sql, tokens, useStore, value, worker } from './use-store.js';

useStore();

describe('due reads', () => {
  const take = async (appid: string) =>
    (await worker.fleet.takeDue(1_000, unasked)).filter((due) => due.appid === appid);

  it('Events of one minute cause one read of what they are about, and one during a read another one', async () => {
    const appid = await known();
    for (const part of ['FILING', 'CATEGORY', 'FILING']) await worker.fleet.readPartOf(appid, part);
    expect(await take(appid)).toEqual([{ appid, parts: ['FILING', 'CATEGORY'] }]);
    await worker.fleet.readPartOf(appid, 'FILING');
    expect(await take(appid)).toEqual([]);
    await keep(appid, filed);
    const inS = await value<number>(
      'select extract(epoch from due_at - read_at)::int from mini_programs where appid = $1',
      appid,
    );
    expect(inS).toBe(60);
    await sql(`update mini_programs set due_at = now() where appid = $1`, appid);
    expect(await take(appid)).toEqual([{ appid, parts: ['FILING'] }]);
  });

  it('Reads of one part do not postpone the read of the others', async () => {
    const appid = await known();
    await worker.fleet.keepReads({ appid, at: new Date(), reads: [categories, unfiled], isComplete: true });
    const AGES = `update mini_programs set due_at = due_at - interval '25 minutes',
      readiness_at = readiness_at - interval '25 minutes' where appid = $1`;
    const DUE_IN = `select round(extract(epoch from due_at - now()) / 60)::int from mini_programs where appid = $1`;
    for (const minutes of [35, 10, 0]) {
      await sql(AGES, appid);
      await keep(appid, categories);
      expect(await value<number>(DUE_IN, appid)).toBe(minutes);
    }
  });

  it('What an operation of a caller shows brings the next read of all nearer where somebody has to act, and postpones none', async () => {
    const appid = await known();
    const observed = (read: never) =>
      worker.fleet.keepReads({ appid, at: new Date(), reads: [read], isObserved: true });
    const DUE_IN = `select round(extract(epoch from due_at - now()) / 60)::int from mini_programs where appid = $1`;
    await worker.fleet.keepReads({ appid, at: new Date(), reads: [categories, filed], isComplete: true });
    expect(await value<number>(DUE_IN, appid)).toBeGreaterThan(6 * 24 * 60);
    await observed({ part: 'CATEGORY', answer: { categories: [] } } as never);
    expect((await worker.fleet.get(appid))?.readiness).toMatchObject({ CATEGORY: { state: 'MISSING' } });
    expect(await value<number>(DUE_IN, appid)).toBe(60);
    await sql(`update mini_programs set due_at = now() + interval '10 minutes' where appid = $1`, appid);
    await observed(categories);
    expect(await value<number>(DUE_IN, appid)).toBe(10);
  });

  it('What the last read of a part has shown is known, also after reads of others, and no more after one that failed', async () => {
    const appid = await known();
    const shown = async () => [
      await worker.fleet.isShown(appid, categories),
      await worker.fleet.isShown(appid, { part: 'CATEGORY', answer: { categories: [] } }),
    ];
    expect(await shown()).toEqual([false, false]);
    await keep(appid, categories);
    await keep(appid, filed);
    expect(await shown()).toEqual([true, false]);
    await keep(appid, { part: 'CATEGORY', error: 'timeout' } as never);
    expect(await shown()).toEqual([false, false]);
  });

  it.each([
    ['takeDue', 'due_at'],
    ['takeVersionsDue', 'versions_due_at'],
  ] as const)(
    'What %s takes stays due if the worker is lost before it has asked for it',
    async (take, column) => {
      const appid = await known();
      await sql(`update mini_programs set ${column} = now() where appid = $1`, appid);
      const lost = new Error('lost');
      await expect(worker.fleet[take](1_000, () => Promise.reject(lost))).rejects.toBe(lost);
      expect((await worker.fleet[take](1_000, unasked)).map((due) => due.appid)).toContain(appid);
    },
  );

  it('A read whose result is lost is repeated after 10 minutes', async () => {
    const appid = await known();
    await sql('update mini_programs set due_at = now() where appid = $1', appid);
    expect(await take(appid)).toHaveLength(1);
    const AGAIN = `select due_at between now() and now() + interval '10 minutes' from mini_programs where appid = $1`;
    expect(await value(AGAIN, appid)).toBe(true);
  });

  it('No read is asked for while an earlier one of the same mini-program is unfinished, and it is asked for afterwards', async () => {
    const appid = await known();
    await worker.fleet.readPartOf(appid, 'FILING');
    const taken = async () => {
      await sql(`update mini_programs set due_at = now(), versions_due_at = now() where appid = $1`, appid);
      const due = [
        ...(await worker.fleet.takeDue(1_000, unasked)),
        ...(await worker.fleet.takeVersionsDue(1_000, unasked)),
      ];
      return due.filter((one) => one.appid === appid).map(({ parts }) => parts);
    };
    const id = await accept({ appid, method: 'RefreshMiniProgram', isChange: false });
    expect(await taken()).toEqual([]);
    await settle(claimed(await claim(id)), 'SUCCEEDED');
    expect(await taken()).toEqual([['FILING'], ['VERSIONS']]);
  });

  it.each([
    ['takeDue', 'due_at'],
    ['takeVersionsDue', 'versions_due_at'],
  ] as const)(
    '%s returns nothing without an authorization, and the rules are applied to it, also during a read and after the loss of a worker',
    async (take, column) => {
      const appid = await known();
      await accept({ appid, method: 'RefreshMiniProgram', isChange: false });
      await sql(`update authorizers set state = 'UNAUTHORIZED' where appid = $1`, appid);
      await sql(`update mini_programs set ${column} = now() where appid = $1`, appid);
      const due = await worker.fleet[take](1_000, unasked);
      expect(due.map((one) => one.appid)).not.toContain(appid);
      expect(await worker.fleet.computedBefore(1_000)).toContain(appid);
      await keep(appid);
      expect(await worker.fleet.computedBefore(1_000)).not.toContain(appid);
    },
  );

  it('A mini-program is removed from the inventory with its authorizer, and so is what is remembered of its setup', async () => {
    const appid = await known();
    await worker.setup.stopDomainChanges(appid);
    await tokens.removeAuthorizer(appid);
    for (const table of ['mini_programs', 'mini_program_setups'])
      expect(await column(`select appid from ${table} where appid = $1`, appid)).toEqual([]);
  });
});
