import { expect, it } from '@jest/globals';
import { ListOperationsRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call } from './calls.js';
import { useGateway } from './use-gateway.js';

const SLOW = 10;

const { gateway, database } = useGateway();

it('Ten blocked ListOperations calls leave the gateway ready, because lists have their own connections', async () => {
  const release = await database.hold('lock table operations in access exclusive mode');
  const request = ListOperationsRequest.fromPartial({});
  const lists = Promise.allSettled(
    Array.from({ length: SLOW }, () => call(gateway.operations, gateway.operations.listOperations, request)),
  );
  const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(async () => (await database.rows(blocked)).length >= 3);
  const probes = new Set<number>();
  const statuses = new Set<number>();
  const lastProbe = `select max(extract(epoch from query_start))::float8 as at from pg_stat_activity
    where datname = current_database() and query = 'select 1' and state = 'idle'`;
  await eventually(async () => {
    const [row] = await database.rows(lastProbe);
    probes.add(Number(row?.at));
    statuses.add((await fetch(`${gateway.http}/readyz`)).status);
    return probes.size > 4;
  });
  expect([...statuses]).toEqual([200]);
  await release();
  const answered = (await lists).filter(({ status }) => status === 'fulfilled');
  expect(answered.length).toBeGreaterThanOrEqual(3);
}, 60_000);
