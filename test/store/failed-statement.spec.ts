import { expect, it } from '@jest/globals';
import { Store } from '@wxa/store';
import { scratchStore } from './scratch-store.js';

it('The error of a failed statement has its name, for the log', async () => {
  const scratch = await scratchStore();
  const seen: unknown[] = [];
  const observer = {
    statement: (name: string | undefined, _seconds: number, failure: string | undefined) =>
      failure !== undefined && seen.push([name, failure]),
    notConnected: () => undefined,
    batch: () => undefined,
  };
  const toEvent = () => {
    throw new Error('there is no audit');
  };
  const store = await Store.open({ url: scratch.url, poolSize: 1, observer }, { writer: 'gateway', toEvent });
  await scratch.sql('alter table leases rename to moved');
  const held = store.leases.hold('a', 'b', 1_000);
  await expect(held).rejects.toMatchObject({ statement: 'hold-lease', code: '42P01' });
  expect(seen).toEqual([['hold-lease', 'rejected']]);
  await store.close();
  await scratch.close();
}, 60_000);
