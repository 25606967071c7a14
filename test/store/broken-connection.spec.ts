import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDataSource } from '@wxa/store';
import { eventually } from '../eventually.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
}, 30_000);
afterAll(() => scratch?.close());

const SLOW_OUTBOX = `
create function wait_long() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return new; end $$;
create trigger slow before insert on outbox for each row execute function wait_long()`;
const END_THE_WAITING = `
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and wait_event = 'PgSleep'`;

it('A connection that ends during a transaction fails that transaction only', async () => {
  const { gateway, worker, sql } = scratch;
  const { id, ...rest } = newOperation();
  await gateway.operations.accept({ id, ...rest });
  await sql(SLOW_OUTBOX);
  const cancel = () =>
    worker.operations.cancel(id, ({ appid }) => ({ ...rest.command, id: 'cancelled', appid }));
  const failed = expect(cancel()).rejects.toThrow('terminating connection');
  await eventually(async () => (await sql(END_THE_WAITING)).length > 0);
  await failed;
  await sql('drop trigger slow on outbox');
  expect(await cancel()).toMatchObject({ kind: 'cancelled' });
});

it('A statement is cancelled after 30 s, except in a migration', async () => {
  const limit = async (timeLimits?: boolean) => {
    const source = createDataSource({ url: scratch.url, ...(timeLimits !== undefined && { timeLimits }) });
    await source.initialize();
    const [row] = await source.query<{ statement_timeout: string }[]>('show statement_timeout');
    await source.destroy();
    return row?.statement_timeout;
  };
  expect([await limit(), await limit(false)]).toEqual(['30s', '0']);
});
