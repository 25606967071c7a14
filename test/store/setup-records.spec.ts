import { beforeEach, expect, it } from '@jest/globals';
import { column, sql, useStore, worker } from './use-store.js';

const [A, B] = ['wx00000000000000a1', 'wx00000000000000a2'];

useStore();
beforeEach(() => sql('truncate mini_program_setups, platform_domains'));

it('Changes of domains are stopped until the month ends in China, or for 10 minutes in its first hour, of one mini-program', async () => {
  expect(await worker.setup.domainChangesStoppedUntil(A)).toBeUndefined();
  await worker.setup.stopDomainChanges(A);
  await worker.setup.stopDomainChanges(A);
  const [row] = await sql<{ isRight: boolean }>(
    `with clock as (select clock_timestamp() as now, date_trunc('month', clock_timestamp() at time zone 'Asia/Shanghai') as month)
     select case when now at time zone 'Asia/Shanghai' < month + interval '1 hour'
       then domain_stop_until between now and now + interval '10 minutes'
       else domain_stop_until at time zone 'Asia/Shanghai' = month + interval '1 month' + interval '1 minute' end as "isRight"
     from mini_program_setups, clock where appid = $1`,
    A,
  );
  expect(row).toEqual({ isRight: true });
  expect(await worker.setup.domainChangesStoppedUntil(A)).toBeInstanceOf(Date);
  expect(await worker.setup.domainChangesStoppedUntil(B)).toBeUndefined();
  await sql(`update mini_program_setups set domain_stop_until = now() - interval '1 second'`);
  expect(await worker.setup.domainChangesStoppedUntil(A)).toBeUndefined();
});

it('The hash of the text that was sent last is kept with its mini-program, beside a stop', async () => {
  expect(await worker.setup.sentPrivacyText(A)).toBeUndefined();
  await worker.setup.stopDomainChanges(A);
  expect(await worker.setup.sentPrivacyText(A)).toBeUndefined();
  for (const hash of ['first', 'second']) await worker.setup.keepSentPrivacyText(A, Buffer.from(hash));
  expect((await worker.setup.sentPrivacyText(A))?.toString()).toBe('second');
  expect(await worker.setup.domainChangesStoppedUntil(A)).toBeInstanceOf(Date);
});

it('A list of the platform that is read alone replaces only itself, and does not postpone the read of the other', async () => {
  const [server, webview, later] = ['a.cn', 'b.cn', 'c.cn'].map((name) => ({
    published: [name],
    testing: [],
  }));
  const isDue = () =>
    column<boolean>(`select read_at < clock_timestamp() - interval '1 hour' from platform_domains`);
  await worker.setup.keepPlatformDomains({ server });
  expect(await isDue()).toEqual([true]);
  await worker.setup.keepPlatformDomains({ server, webview });
  expect(await isDue()).toEqual([false]);
  await sql(`update platform_domains set read_at = read_at - interval '61 minutes'`);
  await worker.setup.keepPlatformDomains({ webview: later });
  expect(await sql('select server, webview from platform_domains')).toEqual([{ server, webview: later }]);
  expect(await isDue()).toEqual([true]);
});
