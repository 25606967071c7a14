import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { accept, acceptAll, acceptQuery, claim, claimed, settle } from './operation-steps.js';
import { gateway, newAppid, sql, useStore, worker } from './use-store.js';

useStore();

it('claim gives an operation to one of 20 concurrent callers', async () => {
  const id = await accept();
  const answers = await Promise.all(Array.from({ length: 20 }, () => claim(id, {}, gateway)));
  const others = Array(19).fill('wait');
  expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['claimed', ...others]);
});

it('claim with the same key claims again, because its response may have been lost', async () => {
  const id = await accept();
  const key = randomUUID();
  expect(claimed(await claim(id, { key })).fence).toBe(1);
  expect(claimed(await claim(id, { key }))).toMatchObject({ fence: 2, attempts: 0 });
});

it('claim changes nothing for an earlier request of the same key that arrives late', async () => {
  const id = await accept();
  const key = randomUUID();
  const row = () => sql('select * from operations where id = $1', id);
  const operation = claimed(await claim(id, { key, number: 2 }));
  const before = await row();
  expect((await claim(id, { key, number: 1 })).kind).toBe('wait');
  expect(await row()).toEqual(before);
  expect(await settle(operation, 'RETRYING')).toMatchObject({ kind: 'settled' });
  expect((await claim(id, { key, number: 1 })).kind).toBe('wait');
  expect(claimed(await claim(id, { key, number: 3 })).fence).toBe(operation.fence + 1);
});

it('claim returns lease-expired for a change with an expired lease and claims a query again', async () => {
  const [change, query] = [await accept(), await acceptQuery()];
  for (const id of [change, query]) claimed(await claim(id, { leaseMs: 1 }));
  await sql('select pg_sleep(0.005)');
  expect((await claim(change)).kind).toBe('lease-expired');
  expect(claimed(await claim(query))).toMatchObject({ fence: 2, attempts: 1 });
});

it('claim never begins two changes of a mini-program at once, in whatever order they are requested', async () => {
  const ids = await acceptAll(30);
  const done: string[] = [];
  while (done.length < ids.length) {
    const shuffled = ids.filter((id) => !done.includes(id)).sort(() => Math.random() - 0.5);
    const answers = await Promise.all(shuffled.map((id, i) => claim(id, {}, i % 2 ? gateway : worker)));
    const begun = answers.flatMap((answer) => (answer.kind === 'claimed' ? [answer.operation] : []));
    expect(begun).toHaveLength(1);
    for (const operation of begun) {
      await settle(operation, 'SUCCEEDED');
      done.push(operation.id);
    }
  }
  expect(done).toEqual(ids);
});

it('claim returns unknown for an unknown id and for an operation of another mini-program', async () => {
  expect(await claim(randomUUID())).toEqual({ kind: 'unknown' });
  const appid = newAppid();
  const id = await accept({ appid });
  const answers = await Promise.all([newAppid(), appid].map((named) => claim(id, { appid: named })));
  expect(answers).toMatchObject([{ kind: 'unknown' }, { kind: 'claimed' }]);
});
