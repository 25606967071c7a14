import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
beforeEach(() => scratch.sql('delete from instances'));
afterAll(() => scratch?.close());

const report = (methods: string[], { id = randomUUID(), app = 'release-worker' } = {}) =>
  scratch.worker.instances.report({ id, app, version: '1.2.3', methods, ratePerApi: 7.5 });
const age = (seconds: number) =>
  scratch.sql(`update instances set seen_at = now() - $1 * interval '1 second'`, [seconds]);

it('A worker counts as running until 60 s after its last report, and a process of another app does not', async () => {
  const id = randomUUID();
  await report(['Commit'], { id });
  await report(['Release'], { app: 'gateway' });
  await age(59);
  const running = [{ version: '1.2.3', methods: ['Commit'], ratePerApi: 7.5 }];
  expect(await scratch.gateway.instances.workers()).toEqual(running);
  await age(61);
  expect(await scratch.gateway.instances.workers()).toEqual([]);
  await report(['Commit'], { id });
  expect(await scratch.gateway.instances.workers()).toEqual(running);
  await scratch.worker.instances.remove(id);
  expect(await scratch.gateway.instances.workers()).toEqual([]);
});

it('Retention deletes the workers that have not reported themselves for a day', async () => {
  await report(['Commit']);
  await age(23 * 3600);
  const retention = { queriesMs: 1, changesMs: 1, trailMs: 30 * 86_400_000, rolloutsMs: 30 * 86_400_000 };
  expect(await scratch.worker.deleteOld('instances', retention)).toBe(0);
  await age(25 * 3600);
  expect(await scratch.worker.deleteOld('instances', retention)).toBe(1);
});
