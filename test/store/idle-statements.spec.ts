import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { newOperation, observing, openStore, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let worker: Store;
/** The names of the statements of the worker's store, in order; undefined for those without one. */
const names: (string | undefined)[] = [];
beforeAll(async () => {
  scratch = await scratchStore();
  await scratch.gateway.operations.accept(newOperation());
  worker = await openStore({ url: scratch.url, observer: observing((name) => names.push(name)) });
});
afterAll(async () => {
  await worker?.close();
  await scratch?.close();
});

it('While no event is written, the outbox floor does not look for transactions that insert some', async () => {
  await eventually(async () => expect(names.slice(-2)).toEqual(['outbox-floor', 'outbox-floor']));
});

it('A look for operations in doubt that finds none due is one statement', async () => {
  const before = names.length;
  expect(await worker.doubts.take(20, 60_000)).toEqual([]);
  const others = names.slice(before).filter((name) => !name?.startsWith('outbox-'));
  expect(others).toEqual(['find-due-doubts']);
});
